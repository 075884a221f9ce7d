package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"firebreak/internal/exchange"
	"firebreak/internal/journal"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/vault"
)

// withVault is a story whose orders can seal.
func withVault(t *testing.T, open storetest.Open) *story {
	t.Helper()
	s := &story{t: t, clock: &clock{}}
	s.clock.set(time.Date(2022, 3, 5, 1, 0, 0, 0, time.UTC))
	db := open(func(o *store.Options) { o.Now = s.clock.now })
	ids, err := db.OpenIdentities(context.Background(), store.KeyOptions{MasterKey: vault.NewMasterKey().Text()})
	s.must(err)
	s.Commands = New(db, ids)
	s.must(db.Update(context.Background(), func(tx *store.Tx) error {
		_, _, _, err := tx.PutAreas([]place.NewJurisdiction{
			{Jurisdiction: place.Jurisdiction{Code: "37", Name: "Province", Level: place.Province}},
			{Jurisdiction: place.Jurisdiction{Code: "3701", Name: "District", Level: place.District}, ParentCode: "37"},
			{Jurisdiction: place.Jurisdiction{Code: "370101", Name: "Community", Level: place.Community}, ParentCode: "3701"},
			{Jurisdiction: place.Jurisdiction{Code: "370102", Name: "North", Level: place.Community}, ParentCode: "3701"},
		}, nil, 1)
		return err
	}))
	_, err = s.StartOutbreak(context.Background(), Owner("test"), StartOutbreak{Name: "o", Pack: "covid19/2022-v9", Zone: "Asia/Shanghai", Area: "37"})
	s.must(err)
	return s
}

func (s *story) register(text string) (RegisterResult, []exchange.Problem) {
	s.t.Helper()
	var told []exchange.Problem
	out, err := s.ImportPeople(context.Background(), Owner("test"), ImportPeople{Outbreak: "o", Source: exchange.NewSource("people.csv", strings.NewReader(text), int64(len(text))),
		Problem: func(p exchange.Problem) error { told = append(told, p); return nil }})
	s.must(err)
	return out, told
}

// who returns the person of a document.
func (s *story) who(document string) person.Person {
	s.t.Helper()
	var p person.Person
	s.must(s.db.View(context.Background(), func(r *store.Reader) error {
		found, err := s.identities.Find(r, vault.FieldDocument, vault.NewSecret(document))
		if err != nil || len(found) != 1 {
			return fmt.Errorf("document %s is of %v: %w", document, found, errors.Join(err, store.ErrNotFound))
		}
		p, err = r.Person(found[0])
		return err
	}))
	return p
}

func (s *story) groupsOf(p person.ID) (out []screening.Group) {
	s.t.Helper()
	s.must(s.db.View(context.Background(), func(r *store.Reader) error {
		m, err := r.GroupsOf([]person.ID{p})
		out = m[p]
		return err
	}))
	return out
}

const firstRegister = `身份证号,姓名,手机,社区代码,楼栋,门牌号,出生日期,性别,人群
370202199001011231,王小明,13800000001,370101,3号楼,101,1990-01-01,男,教师
370202199202021232,李芳,13800000002,370101,3号楼,101,1992-02-02,女,
370202201503031233,王丁,,370101,3号楼,102,20150303,男,学生;重点人员
370202194004041234,张老,13800000004,370102,12号楼,201,1940年4月4日,女,
`

func TestRegister(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		s := withVault(t, open)
		got, told := s.register(firstRegister)
		if got.Rows != 4 || got.Created != 4 || got.Buildings != 2 || len(told) != 0 {
			t.Errorf("first: %+v, %v", got, told)
		}
		wang, li, child, zhang := s.who("370202199001011231"), s.who("37020219920202 1232"), s.who("370202201503031233"), s.who("370202194004041234")
		if wang.Building == 0 || wang.Building != child.Building || wang.Building == zhang.Building || wang.Household == 0 || wang.Household != li.Household || wang.Household == child.Household {
			t.Errorf("homes: %+v %+v %+v %+v", wang, li, child, zhang)
		}
		if wang.Number == 0 || wang.Area == zhang.Area || wang.Sex != person.Male || wang.Born.String() != "1990-01-01" || child.Born.String() != "2015-03-03" || zhang.Born.String() != "1940-04-04" {
			t.Errorf("people: %+v %+v %+v", wang, child, zhang)
		}
		if g := fmt.Sprint(s.groupsOf(wang.ID), s.groupsOf(child.ID), s.groupsOf(li.ID)); g != "[teacher] [key pupil] []" {
			t.Errorf("groups %s", g)
		}

		// The same again changes nothing; so does the same under an English header.
		if again, _ := s.register(firstRegister); again.Unchanged != 4 || again.Rows != 4 {
			t.Errorf("again: %+v", again)
		}
		english := strings.Replace(firstRegister, "身份证号,姓名,手机,社区代码,楼栋,门牌号,出生日期,性别,人群", "Document,Name,Phone,Community code,Building,Door,Birth date,Sex,Group", 1)
		if again, told := s.register(english); again.Unchanged != 4 || len(told) != 0 {
			t.Errorf("in English: %+v, %v", again, told)
		}

		// Moved, corrected, and what an empty cell leaves as it was.
		got, _ = s.register(`document,community code,building,phone,group
370202199001011231,370102,12号楼,,-teacher
370202199202021232,370101,,13900000002,crowd-worker
`)
		if got.Moved != 1 || got.Updated != 1 || got.Created+got.Unchanged+got.Rejected != 0 || got.Buildings != 0 {
			t.Errorf("moved and changed: %+v", got)
		}
		moved, changed := s.who("370202199001011231"), s.who("370202199202021232")
		if moved.ID != wang.ID || moved.Number == wang.Number || moved.Area != zhang.Area || moved.Building != zhang.Building || moved.Sex != person.Male {
			t.Errorf("moved: %+v, was %+v", moved, wang)
		}
		if changed.Number != li.Number || changed.Building != li.Building {
			t.Errorf("changed: %+v, was %+v", changed, li)
		}
		if g := fmt.Sprint(s.groupsOf(wang.ID), s.groupsOf(li.ID)); g != "[] [crowd-worker]" {
			t.Errorf("groups %s", g)
		}
		s.must(s.db.View(context.Background(), func(r *store.Reader) error {
			for phone, want := range map[string]int{"13800000002": 0, "13900000002": 1} {
				found, err := s.identities.Find(r, vault.FieldPhone, vault.NewSecret(phone))
				if err != nil || len(found) != want {
					t.Errorf("phone %s is of %v, %v", phone, found, err)
				}
			}
			facts, err := r.EntriesAfter(0, 1000)
			moves := 0
			for _, e := range facts {
				if e.Kind == journal.PeopleRegistered && strings.Contains(string(e.Payload), `"moved":[`+strconv.Itoa(int(wang.ID))+`]`) {
					moves++
				}
				for _, secret := range []string{"王", "37020219", "138000", "101\""} {
					if strings.Contains(string(e.Payload), secret) && e.Kind == journal.PeopleRegistered && secret != "101\"" {
						t.Errorf("the journal tells %s: %s", secret, e.Payload)
					}
				}
			}
			if moves != 1 {
				t.Errorf("%d facts tell of the move", moves)
			}
			return err
		}))
	})
}

func TestRegisterRejectsRowByRow(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		s := withVault(t, open)
		got, told := s.register(`document,name,community,sex,birth date,age,group
A1,One,370101,m,1990-01-01,,
A1,One,370101,m,1990-01-01,,
A1,Other,370101,m,1990-01-01,,
,None,370101,,,,
A2,Two,,,,,
A3,Three,999999,,,,
--,Four,370101,,,,
A5,Five,North,what,3/4/1990,200,some group!
A6,Six,Community,f,,44,teacher;教师
`)
		if got.Rows != 9 || got.Created != 3 || got.Unchanged != 1 || got.Rejected != 5 || got.Warnings != 4 {
			t.Errorf("%+v", got)
		}
		rows := map[int]string{}
		for _, p := range told {
			rows[p.Row] += string(p.Severity) + " " + p.Column + "; "
		}
		for row, want := range map[int]string{4: "reject document; ", 5: "reject document; ", 6: "reject community; ", 7: "reject community; ", 8: "reject document; ",
			9: "warn age; warn birth date; warn sex; warn group; "} {
			if rows[row] != want {
				t.Errorf("row %d: %q, want %q", row, rows[row], want)
			}
		}
		if p := s.who("A6"); p.Age != 44 || fmt.Sprint(s.groupsOf(p.ID)) != "[teacher]" {
			t.Errorf("six: %+v %v", p, s.groupsOf(p.ID))
		}
		// The bound of an import holds back rows of other communities, and people who live there.
		var north place.AreaID
		tree, err := s.db.Tree(context.Background())
		s.must(err)
		j, _ := tree.ByCode("370102")
		north = j.ID
		text := "document,community\nA1,370102\nA5,370102\nB1,370101\nB2,370102\n"
		bound, err := s.ImportPeople(context.Background(), Owner("test"), ImportPeople{Outbreak: "o", Area: north, Source: exchange.NewSource("x.csv", strings.NewReader(text), int64(len(text)))})
		s.must(err)
		if bound.Rejected != 2 || bound.Updated != 1 || bound.Created != 1 {
			t.Errorf("bound: %+v", bound)
		}
		dry, err := s.ImportPeople(context.Background(), Owner("test"), ImportPeople{Outbreak: "o", DryRun: true, Source: exchange.NewSource("x.csv", strings.NewReader("document,community\nC1,370101\n"), 29)})
		s.must(err)
		if dry.Created != 1 {
			t.Errorf("dry: %+v", dry)
		}
		s.must(s.db.View(context.Background(), func(r *store.Reader) error {
			found, err := s.identities.Find(r, vault.FieldDocument, vault.NewSecret("C1"))
			if len(found) != 0 {
				t.Errorf("a dry run entered %v", found)
			}
			return err
		}))
		if _, err := s.ImportPeople(context.Background(), Owner("test"), ImportPeople{Outbreak: "o", Source: exchange.NewSource("x.csv", strings.NewReader("a,b\n1,2\n"), 8)}); !errors.Is(err, exchange.ErrNotRegister) {
			t.Errorf("not a register: %v", err)
		}
	})
}

// TestRegisterOfACity measures: FIREBREAK_REGISTER=1000000 go test -run RegisterOfACity -v ./internal/command
func TestRegisterOfACity(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv("FIREBREAK_REGISTER"))
	if n == 0 {
		t.Skip("FIREBREAK_REGISTER is not set: how many people to measure with")
	}
	for engine, open := range map[string]func(testing.TB) storetest.Open{"sqlite": storetest.SQLite, "postgresql": storetest.Postgres} {
		t.Run(engine, func(t *testing.T) {
			s := withVault(t, open(t))
			var b bytes.Buffer
			b.WriteString("document,name,phone,community code,building,door,birth date,sex,group\n")
			for i := range n {
				community := "370101"
				if i%2000 < 1000 {
					community = "370102"
				}
				fmt.Fprintf(&b, "37020219900101%07d,王小明%d,138%08d,%s,%d号楼%d单元,%d,1990-01-01,男,%s\n", i, i%100, i, community, i/100%5000, i%4, i%100, []string{"", "teacher"}[i%2])
			}
			for _, what := range []string{"first", "again"} {
				start := time.Now()
				got, err := s.ImportPeople(context.Background(), Owner("test"), ImportPeople{Outbreak: "o", Source: exchange.NewSource("people.csv", bytes.NewReader(b.Bytes()), int64(b.Len()))})
				s.must(err)
				took := time.Since(start)
				t.Logf("%s, %s: %d people in %s, %.0f a second: %+v", engine, what, n, took, float64(n)/took.Seconds(), got)
			}
		})
	}
}
