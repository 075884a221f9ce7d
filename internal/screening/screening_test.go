package screening

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"firebreak/internal/person"
)

var noon = time.Date(2022, 3, 5, 12, 0, 0, 0, time.UTC)

// byNumber reads codes of the form P17.
func byNumber(code string) (person.ID, bool) {
	n, err := strconv.ParseInt(strings.TrimPrefix(code, "P"), 10, 64)
	if err != nil || !strings.HasPrefix(code, "P") || n < 1 {
		return 0, false
	}
	return person.ID(n), true
}

// sent is a batch as encoding/json writes and reads it.
type sent struct {
	Device int64      `json:"device"`
	Seq    int64      `json:"seq"`
	Round  int64      `json:"round"`
	Site   int64      `json:"site"`
	Tubes  []sentTube `json:"tubes"`
}

type sentTube struct {
	Code     string       `json:"code"`
	Kind     string       `json:"kind,omitempty"`
	ClosedAt time.Time    `json:"closed_at"`
	Members  []sentMember `json:"members"`
}

type sentMember struct {
	Person   string    `json:"person,omitempty"`
	Document string    `json:"document,omitempty"`
	Name     string    `json:"name,omitempty"`
	At       time.Time `json:"at"`
}

func drawBatch(t *rapid.T) sent {
	out := sent{rapid.Int64Range(1, 1<<40).Draw(t, "device"), rapid.Int64Range(1, 1<<40).Draw(t, "seq"), rapid.Int64Range(1, 99).Draw(t, "round"), rapid.Int64Range(1, 9999).Draw(t, "site"), nil}
	label := rapid.StringOfN(rapid.RuneFrom([]rune(`ABC-0123 "\/王é<&`)), 1, 12, -1)
	for range rapid.IntRange(1, 5).Draw(t, "tubes") {
		tube := sentTube{Code: label.Draw(t, "code"), Kind: rapid.SampledFrom([]string{"", "pool", "household", "single"}).Draw(t, "kind"),
			ClosedAt: noon.Add(time.Duration(rapid.Int64Range(-1e6, 1e6).Draw(t, "closed")) * time.Millisecond)}
		for range rapid.IntRange(1, MostMembers).Draw(t, "members") {
			m := sentMember{At: noon.Add(time.Duration(rapid.Int64Range(-1e6, 1e6).Draw(t, "at")) * time.Second)}
			if rapid.Bool().Draw(t, "coded") {
				m.Person = "P" + strconv.FormatInt(rapid.Int64Range(1, 1e9).Draw(t, "person"), 10)
			} else {
				m.Document, m.Name = label.Draw(t, "document"), label.Draw(t, "name")
			}
			tube.Members = append(tube.Members, m)
		}
		out.Tubes = append(out.Tubes, tube)
	}
	return out
}

// as turns what encoding/json has into what ReadBatch should give.
func (s sent) as() *Batch {
	b := &Batch{Device: DeviceID(s.Device), Seq: s.Seq, Round: RoundID(s.Round), Site: SiteID(s.Site)}
	for _, t := range s.Tubes {
		one := Tube{Code: t.Code, Kind: Kind(t.Kind), ClosedAt: t.ClosedAt.UTC().Truncate(time.Microsecond)}
		if one.Kind == "" {
			one.Kind = Pool
		}
		for _, m := range t.Members {
			p, _ := byNumber(m.Person)
			one.Members = append(one.Members, Member{Person: p, Document: m.Document, Name: m.Name, At: m.At.UTC().Truncate(time.Microsecond)})
		}
		b.Tubes = append(b.Tubes, one)
	}
	return b
}

func TestReadBatchAgreesWithEncodingJSON(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := drawBatch(t)
		body, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if rapid.Bool().Draw(t, "indented") {
			if body, err = json.MarshalIndent(s, " ", "\t"); err != nil {
				t.Fatal(err)
			}
		}
		got, err := ReadBatch(body, byNumber)
		if err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		if diff := cmp.Diff(s.as(), got); diff != "" {
			t.Fatal(diff)
		}
	})
}

const good = `{"device":7,"seq":3,"round":1,"site":4,"tubes":[{"code":"Q7-0413","closed_at":"2022-03-05T12:00:00Z","members":[{"person":"P1","at":"2022-03-05T11:59:00Z"},{"document":"370285X","name":"王某","at":"2022-03-05T11:59:30Z"}]}]}`

func TestReadBatchSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, old, new string
		reason         Reason
		where          string
	}{
		{"empty", good, ``, BadForm, ""},
		{"a list", good, `[]`, BadForm, ""},
		{"device is a text", `"device":7`, `"device":"7"`, BadForm, "device"},
		{"device is zero", `"device":7`, `"device":0`, BadForm, "device"},
		{"device with a zero first", `"device":7`, `"device":07`, BadForm, "device"},
		{"seq is a fraction", `"seq":3`, `"seq":3.5`, BadForm, "seq"},
		{"seq is huge", `"seq":3`, `"seq":99999999999999999999`, BadForm, "seq"},
		{"seq is missing", `"seq":3,`, ``, BadForm, "seq"},
		{"round is null", `"round":1`, `"round":null`, BadForm, "round"},
		{"field unknown", `"seq":3`, `"seq":3,"color":"red"`, BadForm, ""},
		{"field twice", `"seq":3`, `"seq":3,"seq":4`, BadForm, "seq"},
		{"no tubes", `"tubes":[`, `"tubes":[],"x":[`, BadForm, ""},
		{"tube without code", `"code":"Q7-0413",`, ``, BadForm, "tubes[0].code"},
		{"tube with an empty code", `"Q7-0413"`, `""`, BadForm, "tubes[0].code"},
		{"tube with a long code", `"Q7-0413"`, `"` + strings.Repeat("x", 41) + `"`, TooLarge, "tubes[0].code"},
		{"kind unknown", `"code":"Q7-0413"`, `"kind":"mixed","code":"Q7-0413"`, BadForm, "tubes[0].kind"},
		{"instant without zone", `"2022-03-05T12:00:00Z"`, `"2022-03-05T12:00:00"`, BadForm, "tubes[0].closed_at"},
		{"instant in the year 0", `"2022-03-05T12:00:00Z"`, `"0000-03-05T12:00:00Z"`, BadForm, "tubes[0].closed_at"},
		{"member with neither", `{"person":"P1",`, `{`, Undocumented, "tubes[0].members[0]"},
		{"member with both", `{"person":"P1",`, `{"person":"P1","name":"x",`, BadForm, "tubes[0].members[0].person"},
		{"member without a name", `"name":"王某",`, ``, Undocumented, "tubes[0].members[1]"},
		{"member without an instant", `,"at":"2022-03-05T11:59:30Z"`, ``, BadForm, "tubes[0].members[1].at"},
		{"a control character", `"370285X"`, `"37\u0000X"`, BadForm, "tubes[0].members[1].document"},
		{"a lone surrogate's escape broken", `"370285X"`, `"37\u00"`, BadForm, "tubes[0].members[1].document"},
		{"not UTF-8", `王某`, "\xff", BadForm, ""},
		{"cut off", `Z"}]}]}`, `Z"}]`, BadForm, "tubes[0].members"},
		{"more after it", `Z"}]}]}`, `Z"}]}]}{}`, BadForm, ""},
		{"too many members", `{"person":"P1","at":"2022-03-05T11:59:00Z"},`, strings.Repeat(`{"person":"P1","at":"2022-03-05T11:59:00Z"},`, 20), TooLarge, "tubes[0].members"},
		{"deep", good, strings.Repeat(`{"tubes":[`, 100_000), BadForm, ""},
		{"large", good, `{"device":` + strings.Repeat(" ", MostBytes) + `7}`, TooLarge, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			body := strings.Replace(good, tt.old, tt.new, 1)
			if body == good {
				t.Fatal("nothing was replaced")
			}
			_, err := ReadBatch([]byte(body), byNumber)
			var why *Refusal
			if !errors.As(err, &why) || why.Reason != tt.reason {
				t.Fatalf("got %v, want %s", err, tt.reason)
			}
			if tt.where != "" && why.Where != tt.where && !strings.HasPrefix(tt.name, "cut") {
				t.Errorf("at %q, want %q: %v", why.Where, tt.where, err)
			}
		})
	}
}

// What ReadBatch takes, encoding/json takes too, and reads the same; nothing makes it panic.
func FuzzReadBatch(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte(strings.Replace(good, "P1", "nobody", 1)))
	f.Fuzz(func(t *testing.T, body []byte) {
		b, err := ReadBatch(body, byNumber)
		if err != nil {
			var why *Refusal
			if !errors.As(err, &why) || why.Text == "" {
				t.Fatalf("refused without a reason: %v", err)
			}
			return
		}
		var s sent
		if err := json.Unmarshal(body, &s); err != nil {
			t.Fatalf("taken, but encoding/json says %v", err)
		}
		want := s.as()
		for i := range want.Tubes {
			for j := range want.Tubes[i].Members {
				if m := &want.Tubes[i].Members[j]; m.Person == 0 && m.Document == "" {
					m.Unknown = s.Tubes[i].Members[j].Person
				}
			}
		}
		if diff := cmp.Diff(want, b); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestCheck(t *testing.T) {
	t.Parallel()
	round := Round{ID: 1, State: Open, Pool: 10, StartsAt: noon.Add(-5 * time.Hour), EndsAt: noon.Add(19 * time.Hour)}
	people := func(n int) []Member {
		var out []Member
		for i := range n {
			out = append(out, Member{Person: person.ID(i + 1), At: noon.Add(-time.Minute)})
		}
		return out
	}
	tube := func(change func(*Tube)) Tube {
		x := Tube{Code: "T1", Kind: Pool, ClosedAt: noon, Members: people(3)}
		change(&x)
		return x
	}
	for _, tt := range []struct {
		name string
		tube Tube
		want Reason
	}{
		{"as it should be", tube(func(*Tube) {}), ""},
		{"used before", tube(func(x *Tube) { x.Code = "USED" }), TubeUsed},
		{"eleven in a pool of ten", tube(func(x *Tube) { x.Members = people(11) }), TooMany},
		{"a household of eleven", tube(func(x *Tube) { x.Kind, x.Members = Household, people(11) }), ""},
		{"two in a single tube", tube(func(x *Tube) { x.Kind = Single }), TooMany},
		{"somebody twice", tube(func(x *Tube) { x.Members[2].Person = 1 }), PersonTwice},
		{"a document twice", tube(func(x *Tube) {
			x.Members[0] = Member{Document: "A1", Name: "a", At: noon}
			x.Members[1] = Member{Document: "A1", Name: "b", At: noon}
		}), PersonTwice},
		{"nobody's code", tube(func(x *Tube) { x.Members[1] = Member{Unknown: "K7", At: noon} }), NoPerson},
		{"two codes that are nobody's", tube(func(x *Tube) {
			x.Members[0], x.Members[1] = Member{Unknown: "K7", At: noon}, Member{Unknown: "K8", At: noon}
		}), NoPerson},
		{"a year ahead", tube(func(x *Tube) { x.ClosedAt = noon.AddDate(1, 0, 0) }), ClockOff},
		{"a year behind", tube(func(x *Tube) { x.ClosedAt = noon.AddDate(-1, 0, 0) }), ClockOff},
		{"nine minutes ahead", tube(func(x *Tube) { x.ClosedAt = noon.Add(9 * time.Minute) }), ""},
		{"sampled after it was closed", tube(func(x *Tube) { x.Members[1].At = noon.Add(time.Second) }), ClosedFirst},
		{"sampled the day before", tube(func(x *Tube) { x.Members[1].At = noon.AddDate(0, 0, -1) }), BeforeRound},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := Check(&Batch{Tubes: []Tube{tt.tube}}, round, noon, func(code string) bool { return code == "USED" })
			if tt.want == "" && len(got) == 0 {
				return
			}
			if len(got) != 1 || got[0].Reason != tt.want || got[0].Code != tt.tube.Code || !strings.HasPrefix(got[0].Where, "tubes[0]") {
				t.Errorf("got %+v, want %q", got, tt.want)
			}
		})
	}
	twice := Check(&Batch{Tubes: []Tube{tube(func(*Tube) {}), tube(func(*Tube) {})}}, round, noon, func(string) bool { return false })
	if len(twice) != 1 || twice[0].Index != 1 || twice[0].Reason != TubeTwice {
		t.Errorf("a code twice in a batch gives %+v", twice)
	}
}

func TestMembersArePackedAndRead(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var list []Sampled
		for range rapid.IntRange(0, MostMembers).Draw(t, "n") {
			list = append(list, Sampled{person.ID(rapid.Int64Range(1, 1<<40).Draw(t, "person")), noon.Add(time.Duration(rapid.Int64Range(-1e9, 1e6).Draw(t, "ms")) * time.Millisecond)})
		}
		got, err := UnpackMembers(nil, PackMembers(list, noon), noon)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(list, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

func FuzzUnpackMembers(f *testing.F) {
	f.Add(PackMembers([]Sampled{{7, noon}}, noon))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := UnpackMembers(nil, b, noon); err != nil && !errors.Is(err, ErrPacked) {
			t.Fatal(err)
		}
	})
}

func TestRoundStates(t *testing.T) {
	t.Parallel()
	all := []State{Planned, Open, Closed, Cancelled}
	allowed := map[string]bool{"planned open": true, "planned cancelled": true, "open closed": true}
	for _, from := range all {
		for _, to := range all {
			next, err := from.To(to)
			if ok := allowed[string(from)+" "+string(to)]; ok != (err == nil) || ok && next != to || !ok && (next != from || !errors.Is(err, ErrTransition)) {
				t.Errorf("%s to %s: %s, %v", from, to, next, err)
			}
		}
	}
	for n := -1; n < 60; n++ {
		if legal := n == 1 || n == 5 || n == 10 || n == 20; legal != (CheckPool(n) == nil) {
			t.Errorf("a pool of %d: %v", n, CheckPool(n))
		}
	}
}

func BenchmarkReadBatch(b *testing.B) {
	s := sent{Device: 7, Seq: 1, Round: 1, Site: 4}
	for i := range 5 {
		tube := sentTube{Code: fmt.Sprintf("Q7-%04d", i), ClosedAt: noon}
		for j := range 10 {
			tube.Members = append(tube.Members, sentMember{Person: fmt.Sprintf("P%d", 10*i+j+1), At: noon})
		}
		s.Tubes = append(s.Tubes, tube)
	}
	body, err := json.Marshal(s)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("ReadBatch", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := ReadBatch(body, byNumber); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/50, "ns/sample")
	})
	b.Run("encoding", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var s sent
			if err := json.Unmarshal(body, &s); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/50, "ns/sample")
	})
}

func TestOpenSince(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("", 8*3600)
	at := func(day, hour int) time.Time { return time.Date(2022, 3, day, hour, 0, 0, 0, zone) }
	for _, c := range []struct {
		name          string
		opens, closes int
		now, since    time.Time
		open          bool
	}{
		{"always", 0, 0, at(9, 3), time.Time{}, true},
		{"by day", 8, 20, at(9, 9), at(9, 8), true},
		{"by day, at closing", 8, 20, at(9, 20), time.Time{}, false},
		{"by day, before", 8, 20, at(9, 7), time.Time{}, false},
		{"over midnight, in the evening", 22, 6, at(9, 23), at(9, 22), true},
		{"over midnight, in the morning", 22, 6, at(9, 5), at(8, 22), true},
		{"over midnight, at noon", 22, 6, at(9, 12), time.Time{}, false},
		{"the whole day", 0, 24, at(9, 0), at(9, 0), true},
	} {
		s := Site{Opens: time.Duration(c.opens) * time.Hour, Closes: time.Duration(c.closes) * time.Hour}
		if since, open := s.OpenSince(c.now.UTC(), zone); open != c.open || !since.Equal(c.since) {
			t.Errorf("%s: open %v since %s, want %v since %s", c.name, open, since, c.open, c.since)
		}
	}
}
