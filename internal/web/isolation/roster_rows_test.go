package isolation_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"firebreak/internal/command"
	"firebreak/internal/web/isolation"
)

func TestReadShifts(t *testing.T) {
	t.Parallel()
	one := command.ShiftOf{Worker: "N01", Role: "medical", Zone: "contaminated", From: "2022-03-12 08:00", To: "20:00"}
	for _, c := range []struct {
		name, text string
		want       []command.ShiftOf
		lines      []int
		wrong      string
	}{
		{"in order", "N01,medical,contaminated,2022-03-12 08:00,20:00\n\nN02,security\n", []command.ShiftOf{one, {Worker: "N02", Role: "security"}}, []int{1, 3}, ""},
		{"header in another order", "\ufeffFrom\tTo\tWorker\tRole\tZone\n2022-03-12 08:00\t20:00\tN01\tmedical\tcontaminated\n", []command.ShiftOf{one}, []int{2}, ""},
		{"header after an empty line", "\nworker;role\nN02;security", []command.ShiftOf{{Worker: "N02", Role: "security"}}, []int{3}, ""},
		{"quoted, over two lines", "\"Li\nSi\",medical\nN02,security", []command.ShiftOf{{Worker: "Li\nSi", Role: "medical"}, {Worker: "N02", Role: "security"}}, []int{1, 3}, ""},
		{"unknown column", "worker,phone\nN01,1", nil, nil, "1: row"},
		{"column twice", "worker,role,worker\nN01,medical,N02", nil, nil, "is there twice"},
		{"too many cells", "N01,medical,clean,a,b,c", nil, nil, "1: row"},
		{"only a header", "worker,role", nil, nil, "rows"},
		{"nothing", " \n", nil, nil, "rows"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, lines, err := isolation.ReadShifts(c.text)
			if c.wrong != "" {
				if err == nil || !strings.Contains(err.Error(), c.wrong) {
					t.Fatalf("error %v, want one of %s", err, c.wrong)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, c.want) || !reflect.DeepEqual(lines, c.lines) {
				t.Errorf("got %+v %v, want %+v %v", got, lines, c.want, c.lines)
			}
		})
	}
}

// A sheet that is written in the words of the page is read like one in those of the interface; other words stay, to be refused by name.
func TestShiftsInWords(t *testing.T) {
	t.Parallel()
	list := []command.ShiftOf{{Role: "医护", Zone: "污染区"}, {Role: "manager", Zone: "clean"}, {Role: "厨师", Zone: "屋顶"}, {}}
	isolation.InWords(list, func(prefix, value string) string {
		return map[string]string{"staff_role.medical": "医护", "staff_role.manager": "负责人", "staff_zone.contaminated": "污染区", "staff_zone.clean": "清洁区"}[prefix+"."+value]
	})
	if want := []command.ShiftOf{{Role: "medical", Zone: "contaminated"}, {Role: "manager", Zone: "clean"}, {Role: "厨师", Zone: "屋顶"}, {}}; !reflect.DeepEqual(list, want) {
		t.Errorf("got %+v", list)
	}
}

// FuzzReadShifts: whatever is pasted is read, each shift with its line, or refused by a field that says where.
func FuzzReadShifts(f *testing.F) {
	for _, text := range []string{"N01,medical,contaminated,2022-03-12 08:00,20:00", "worker;role\nN01;medical\n", "\ufeffworker\trole\n\"a\nb\"\tc", "\"", "worker,worker", "a,b,c,d,e,f", "\r\n\r\n,,,\r\nx"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		list, lines, err := isolation.ReadShifts(text)
		if err != nil {
			var wrong *command.Invalid
			if !errors.As(err, &wrong) || wrong.Field == "" || wrong.Reason == "" || list != nil || lines != nil {
				t.Fatalf("refused %q with %v, %v", text, err, list)
			}
			return
		}
		if len(list) == 0 || len(list) != len(lines) {
			t.Fatalf("%d shifts of %q, %d lines", len(list), text, len(lines))
		}
		last := 0
		for i, s := range list {
			if lines[i] <= last || lines[i] > strings.Count(text, "\n")+strings.Count(text, "\r")+1 {
				t.Fatalf("shift %d of %q in line %d, after %d", i, text, lines[i], last)
			}
			last = lines[i]
			if s == (command.ShiftOf{}) {
				t.Fatalf("an empty row of %q is a shift", text)
			}
			for _, cell := range []string{s.Worker, s.Role, s.Zone, s.From, s.To} {
				if strings.TrimSpace(cell) != cell {
					t.Fatalf("%q of %q has blanks around it", cell, text)
				}
			}
		}
	})
}
