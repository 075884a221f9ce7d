package field

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"firebreak/internal/command"
	"firebreak/internal/exchange"
	"firebreak/internal/journal"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
)

// A desk gets the list of its own area: masked names, doors and codes, nothing else, and the journal knows who was on it.
func TestDeskList(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		d := newDesk(t, open)
		text := "document,name,phone,community code,building,door\nE1,王小明,13900000000,3701,3号楼,2单元501\nE2,Li,,3701,,\nE3,Zhao Liu,,3702,1,1\n"
		if _, err := d.commands.ImportPeople(t.Context(), command.Owner("test"), command.ImportPeople{Outbreak: "o", Source: exchange.NewSource("r.csv", strings.NewReader(text), int64(len(text)))}); err != nil {
			t.Fatal(err)
		}
		e, _ := d.enrol()
		var got peopleView
		if status := d.call("GET", "/capture/v1/people", e.Key, nil, nil, &got); status != http.StatusOK || got.Next != 0 {
			t.Fatalf("%d %+v", status, got)
		}
		var said []string
		for _, p := range got.People {
			if len(p.Code) != len("K7Q2M-4XD9R") {
				t.Errorf("code %q", p.Code)
			}
			said = append(said, p.Name+" "+p.Door)
		}
		slices.Sort(said)
		if want := []string{"L* ", "王** 3号楼 2单元501"}; !slices.Equal(said, want) {
			t.Errorf("got %q, want %q", said, want)
		}
		read := 0
		if err := d.db.View(t.Context(), func(r *store.Reader) error {
			list, err := r.EntriesAfter(0, 1000)
			for _, x := range list {
				if x.Kind == journal.NameRead && x.Actor == fmt.Sprint("device:", e.Device) && x.Subject.ID == int64(e.Device) {
					read++
				}
				if strings.Contains(string(x.Payload), "王") {
					t.Errorf("entry %d tells a name", x.Seq)
				}
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if read != 1 {
			t.Errorf("%d readings in the journal, want 1", read)
		}
		courier := d.enrolAs(command.Invite{Role: screening.Courier, Site: d.site.ID, Desk: "van"})
		var no struct{ Error problem }
		if status := d.call("GET", "/capture/v1/people", courier.Key, nil, nil, &no); status != http.StatusForbidden || no.Error.Code != screening.WrongRole {
			t.Errorf("a courier: %d %+v", status, no)
		}
		if status := d.call("GET", "/capture/v1/people", "nobody", nil, nil, &no); status != http.StatusUnauthorized {
			t.Errorf("nobody: %d", status)
		}
	})
}

// A laboratory's door is told what is on its way, until it has come.
func TestComing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		d := newDesk(t, open)
		labs, err := d.commands.AddLaboratories(t.Context(), command.Owner("test"), command.AddLaboratories{Outbreak: "o", Laboratories: []command.LaboratoryFields{{Code: "L1", Area: "3701"}}})
		if err != nil {
			t.Fatal(err)
		}
		e, _ := d.enrol()
		bench := d.enrolAs(command.Invite{Role: screening.Laboratory, Laboratory: labs[0].ID, Desk: "door"})
		at := noon.Format(time.RFC3339)
		var packed command.BoxPacked
		if status := d.call("POST", "/capture/v1/boxes", e.Key, fmt.Appendf(nil, `{"device":%d,"round":%d,"site":%d,"box":"B1","packed_at":%q,"tubes":["T1","T2"],"counted":2}`, e.Device, d.round.ID, d.site.ID, at), nil, &packed); status != http.StatusOK {
			t.Fatal(status)
		}
		var got comingView
		if status := d.call("GET", "/capture/v1/coming", bench.Key, nil, nil, &got); status != http.StatusOK || len(got.Boxes) != 1 || got.Boxes[0].Box != "B1" || !slices.Equal(got.Boxes[0].Tubes, []string{"T1", "T2"}) {
			t.Fatalf("%d %+v", status, got)
		}
		var received command.Received
		if status := d.call("POST", "/capture/v1/handovers", bench.Key, fmt.Appendf(nil, `{"device":%d,"box":"B1","step":"received","at":%q,"counted":2,"tubes":["T1","T9"]}`, bench.Device, at), nil, &received); status != http.StatusOK ||
			!slices.Equal(received.Missing, []string{"T2"}) || !slices.Equal(received.Extra, []string{"T9"}) {
			t.Fatalf("%d %+v", status, received)
		}
		if status := d.call("GET", "/capture/v1/coming", bench.Key, nil, nil, &got); status != http.StatusOK || len(got.Boxes) != 0 {
			t.Errorf("after it came: %d %+v", status, got)
		}
		var no struct{ Error problem }
		if status := d.call("GET", "/capture/v1/coming", e.Key, nil, nil, &no); status != http.StatusForbidden {
			t.Errorf("a desk: %d", status)
		}
	})
}
