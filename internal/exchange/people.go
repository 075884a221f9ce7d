package exchange

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"firebreak/internal/day"
)

// PersonRow is one row of a population register.
type PersonRow struct {
	Row       int
	Document  string // by which the register knows a row again
	Name      string
	Phone     string
	Area      string // code or name of the community
	Building  string
	Door      string
	Household string // number of the household register; empty: those behind one door are a household
	Born      day.Day
	Age       int // -1: not given
	Sex       Sex
	Groups    []string // as in the file
	// Rejected: the row is not taken in; at least one Problem says why.
	Rejected bool
	Problems []Problem
}

// PeopleTally is what ScanPeople counted at the reader.
type PeopleTally struct {
	Rows      int // data rows below the header
	Blank     int
	Given     int // rows given to fn
	Truncated bool
	Problems  []Problem // of the file as a whole
	Layout    Layout
	Unused    []string // columns that say nothing to a register; they are not kept
}

// peopleField is a column of a register.
type peopleField int

const (
	peopleDocument peopleField = iota
	peopleName
	peoplePhone
	peopleArea
	peopleAreaName
	peopleBuilding
	peopleDoor
	peopleHousehold
	peopleBorn
	peopleAge
	peopleSex
	peopleGroup
	peopleFields
)

// peopleNames are the headers of registers, as normalise makes them.
var peopleNames = [peopleFields][]string{
	peopleDocument:  {"document", "documentnumber", "documentno", "iddocument", "idnumber", "idcard", "idcardnumber", "nationalid", "passport", "身份证号", "身份证号码", "身份证", "证件号码", "证件号", "公民身份号码"},
	peopleName:      {"name", "fullname", "姓名", "名字"},
	peoplePhone:     {"phone", "phonenumber", "telephone", "mobile", "mobilephone", "tel", "电话", "手机", "手机号", "手机号码", "联系电话", "联系方式"},
	peopleArea:      {"communitycode", "areacode", "community", "area", "社区代码", "社区编码", "村居代码", "区划代码", "辖区代码"},
	peopleAreaName:  {"communityname", "areaname", "社区", "社区名称", "村居", "小区", "村"},
	peopleBuilding:  {"building", "block", "buildingno", "楼", "楼栋", "楼栋号", "楼号", "幢", "栋"},
	peopleDoor:      {"door", "doorno", "room", "flat", "apartment", "unit", "门牌", "门牌号", "门牌号码", "房号", "房间号", "户室", "室"},
	peopleHousehold: {"household", "householdno", "householdnumber", "户号", "户编号", "户籍号", "家庭编号"},
	peopleBorn:      {"born", "birthdate", "dateofbirth", "birthday", "dob", "出生日期", "出生年月日", "生日"},
	peopleAge:       {"age", "ageyears", "年龄"},
	peopleSex:       {"sex", "gender", "性别"},
	peopleGroup:     {"group", "groups", "keygroup", "occupationgroup", "人群", "人群分类", "人员类别", "重点人群", "类别"},
}

// peopleClasses are the words for what a column of a register holds.
var peopleClasses = [peopleFields]string{
	peopleDocument: "document", peopleName: "name", peoplePhone: "phone", peopleArea: "community", peopleAreaName: "community", peopleBuilding: "building", peopleDoor: "door", peopleHousehold: "household",
	peopleBorn: "birth-date", peopleAge: "age", peopleSex: "sex", peopleGroup: "group",
}

// RegisterColumn says in one word what a column of a register holds, by its header; empty where it holds nothing that a register keeps.
func RegisterColumn(header string) string {
	key := normalise(header)
	for f, names := range peopleNames {
		if slices.Contains(names, key) {
			return peopleClasses[f]
		}
	}
	return ""
}

// ErrNotRegister is wrapped when a file's columns are not those of a register.
var ErrNotRegister = errors.New("not a population register: it needs a column of documents and one of communities, such as document and community code, 身份证号 and 社区代码")

// peopleColumns finds the columns of a register; -1 where there is none.
func peopleColumns(header []string) (cols [peopleFields]int, unused []string, err error) {
	for f := range cols {
		cols[f] = -1
	}
	used := make([]bool, len(header))
	keys := make([]string, len(header))
	for i, h := range header {
		keys[i] = normalise(h)
	}
	for f, names := range peopleNames {
		for _, name := range names {
			if i := slices.Index(keys, name); i >= 0 && !used[i] {
				cols[f], used[i] = i, true
				break
			}
		}
	}
	for i, h := range header {
		if !used[i] {
			unused = append(unused, h)
		}
	}
	if cols[peopleDocument] < 0 || cols[peopleArea] < 0 && cols[peopleAreaName] < 0 {
		return cols, unused, fmt.Errorf("columns %s: %w", strings.Join(header, ", "), ErrNotRegister)
	}
	return cols, unused, nil
}

// Bounds of what a register says of a person.
const (
	mostRegisterText = 200 // bytes of a building, a door or a household
	mostGroups       = 20
)

// ScanPeople reads a population register and calls fn once per data row, in the file's order; rows that cannot be taken are given too, marked. An error of fn ends the reading.
//
// Dates of birth must be written so that they can be read in one way only: 1990-01-31, 19900131, 1990年1月31日 or a spreadsheet's own dates.
func ScanPeople(ctx context.Context, s *Source, fn func(PersonRow) error) (tally PeopleTally, err error) {
	t, err := s.Table(ReadOptions{})
	if err != nil {
		return tally, err
	}
	defer func() {
		tally.Rows, tally.Blank, _ = t.Counts()
		tally.Problems, tally.Truncated, tally.Layout = t.Problems(), t.Truncated(), t.Layout()
		err = errors.Join(err, t.Close())
	}()
	cols, unused, err := peopleColumns(t.Header())
	if err != nil {
		return tally, fmt.Errorf("read %s: %w", s.name, err)
	}
	tally.Unused = unused
	for {
		if tally.Given%1024 == 0 && ctx.Err() != nil {
			return tally, ctx.Err()
		}
		row, err := t.Next()
		if errors.Is(err, io.EOF) {
			return tally, nil
		}
		if err != nil {
			return tally, err
		}
		tally.Given++
		if err := fn(registerRow(row, t.Header(), cols)); err != nil {
			return tally, fmt.Errorf("row %d: %w", row.Number, err)
		}
	}
}

func registerRow(row Row, header []string, cols [peopleFields]int) PersonRow {
	p := PersonRow{Row: row.Number, Problems: row.Problems, Age: -1}
	for _, x := range row.Problems {
		p.Rejected = p.Rejected || x.Severity == Reject
	}
	get := func(f peopleField) string {
		if cols[f] < 0 {
			return ""
		}
		v := restore(trim(row.Cells[cols[f]]))
		if isMissing(v) {
			return ""
		}
		return v
	}
	// What is said of a value that identifies somebody does not show it: problems end in files.
	say := func(f peopleField, severity Severity, value, format string, args ...any) {
		x := Problem{Row: row.Number, Severity: severity, Value: value, Reason: fmt.Sprintf(format, args...)}
		if cols[f] >= 0 {
			x.Column = header[cols[f]]
		}
		p.Problems = append(p.Problems, x)
		p.Rejected = p.Rejected || severity == Reject
	}
	p.Document, p.Name, p.Phone = get(peopleDocument), get(peopleName), get(peoplePhone)
	p.Area, p.Building, p.Door, p.Household = get(peopleArea), get(peopleBuilding), get(peopleDoor), get(peopleHousehold)
	if p.Area == "" {
		p.Area = get(peopleAreaName)
	}
	if p.Document == "" {
		say(peopleDocument, Reject, "", "the document is needed: by it the register knows somebody again")
	}
	if p.Area == "" {
		say(peopleArea, Reject, "", "the community is needed: whose residents are counted together")
	}
	for f, v := range map[peopleField]string{peopleDocument: p.Document, peopleName: p.Name, peoplePhone: p.Phone, peopleBuilding: p.Building, peopleDoor: p.Door, peopleHousehold: p.Household} {
		if len(v) > mostRegisterText {
			say(f, Reject, "", "is longer than %d bytes", mostRegisterText)
		}
	}
	if v := get(peopleSex); v != "" {
		sex, ok := parseSex(v)
		if !ok {
			say(peopleSex, Warn, v, "is no sex that is known; it was left open")
		}
		p.Sex = sex
	}
	if v := get(peopleBorn); v != "" {
		switch d := readDate(v); {
		case d.form == formYear || d.form == formSerial:
			p.Born = d.d
		default:
			say(peopleBorn, Warn, "", "is no date that can be read in one way only, such as 1990-01-31; it was left open")
		}
	}
	if v := get(peopleAge); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 0 || n > 130 {
			say(peopleAge, Warn, v, "is no age in years; it was left open")
		} else {
			p.Age = n
		}
	}
	if v := get(peopleGroup); v != "" {
		for _, g := range strings.FieldsFunc(v, func(r rune) bool { return strings.ContainsRune(";；、|,，", r) }) {
			if g = trim(g); g != "" && !slices.Contains(p.Groups, g) {
				p.Groups = append(p.Groups, g)
			}
		}
		if len(p.Groups) > mostGroups {
			say(peopleGroup, Reject, "", "names more than %d groups", mostGroups)
		}
	}
	slices.SortStableFunc(p.Problems, func(a, b Problem) int { return strings.Compare(a.Column, b.Column) })
	return p
}
