package capture

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"firebreak/internal/command"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/vault"
)

var noon = time.Date(2022, 3, 5, 4, 0, 0, 0, time.UTC) // in Qingdao

// desk is a city with one round, one site and some devices.
type desk struct {
	t        testing.TB
	db       *store.DB
	ids      *store.Identities
	intake   *store.Intake
	commands *command.Commands
	service  *Service
	round    screening.Round
	site     screening.Site
	people   []person.ID
	devices  []command.Enrolled
	code     func(person.ID) string
}

func newDesk(t testing.TB, open storetest.Open, people, devices int) *desk {
	t.Helper()
	ctx := context.Background()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	d := &desk{t: t, db: open(func(o *store.Options) { o.Now = func() time.Time { return noon } })}
	var err error
	d.ids, err = d.db.OpenIdentities(ctx, store.KeyOptions{MasterKey: vault.NewMasterKey().Text()})
	must(err)
	d.intake, err = d.db.OpenIntake(ctx)
	must(err)
	t.Cleanup(func() { must(d.intake.Close()) })
	d.commands = command.New(d.db, d.ids)
	by := command.Owner("test")
	must(d.db.Update(ctx, func(tx *store.Tx) error {
		_, _, _, err := tx.PutAreas([]place.NewJurisdiction{
			{Jurisdiction: place.Jurisdiction{Code: "37", Name: "Province", Level: place.Province}},
			{Jurisdiction: place.Jurisdiction{Code: "3701", Name: "District", Level: place.District}, ParentCode: "37"},
			{Jurisdiction: place.Jurisdiction{Code: "370101", Name: "Community", Level: place.Community}, ParentCode: "3701"},
		}, nil, 1)
		return err
	}))
	_, err = d.commands.StartOutbreak(ctx, by, command.StartOutbreak{Name: "o", Pack: "covid19/2022-v9", Zone: "Asia/Shanghai", Area: "37"})
	must(err)
	must(d.db.Update(ctx, func(tx *store.Tx) error {
		tree, err := tx.Tree()
		if err != nil {
			return err
		}
		j, _ := tree.ByCode("370101")
		list := make([]person.Person, people)
		for i := range list {
			list[i] = person.Person{Area: j.ID, District: j.Parent, Age: 30}
		}
		err = tx.AddPeople(list)
		d.people = nil
		for _, p := range list {
			d.people = append(d.people, p.ID)
		}
		return err
	}))
	d.round, err = d.commands.PlanRound(ctx, by, command.PlanRound{Outbreak: "o", Areas: []string{"37"}, StartsAt: noon.Add(-4 * time.Hour), EndsAt: noon.Add(20 * time.Hour), Pool: 10})
	must(err)
	d.round, err = d.commands.OpenRound(ctx, by, d.round.ID, 0)
	must(err)
	sites, err := d.commands.AddSites(ctx, by, command.AddSites{Outbreak: "o", Sites: []command.SiteFields{{Code: "S-1", Area: "370101", Lanes: 4}}})
	must(err)
	d.site = sites[0]
	for i := range devices {
		inv, err := d.commands.InviteDevice(ctx, by, d.site.ID, fmt.Sprint(i+1))
		must(err)
		e, err := d.commands.EnrolDevice(ctx, inv.Secret)
		must(err)
		d.devices = append(d.devices, e)
	}
	d.service, err = New(ctx, Options{DB: d.db, Identities: d.ids, Intake: d.intake})
	must(err)
	must(d.db.View(ctx, func(r *store.Reader) error {
		v, err := d.ids.Vault(r)
		d.code = v.PersonCode
		return err
	}))
	return d
}

// batch writes a batch of tubes of ten, of people from first on.
func (d *desk) batch(device, seq, tubes, first int) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, `{"device":%d,"seq":%d,"round":%d,"site":%d,"tubes":[`, d.devices[device].ID, seq, d.round.ID, d.site.ID)
	at := noon.Add(-time.Minute).Format(time.RFC3339)
	for i := range tubes {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"code":"D%d-%d-%d","closed_at":%q,"members":[`, device, seq, i, at)
		for j := range 10 {
			if j > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `{"person":%q,"at":%q}`, d.code(d.people[(first+10*i+j)%len(d.people)]), at)
		}
		b.WriteString(`]}`)
	}
	b.WriteString(`]}`)
	return []byte(b.String())
}

func (d *desk) send(device int, body []byte) (Answer, error) {
	text, err := d.service.Accept(context.Background(), d.devices[device].Secret, body)
	var a Answer
	if err == nil {
		err = json.Unmarshal([]byte(text), &a)
	}
	return a, err
}

// project projects all that waits.
func (d *desk) project() {
	d.t.Helper()
	for {
		n, err := d.service.Project(context.Background())
		if err != nil {
			d.t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

func (d *desk) tubes() []store.Tube {
	d.t.Helper()
	var out []store.Tube
	err := d.db.View(context.Background(), func(r *store.Reader) error {
		for seq := int64(0); ; {
			list, err := r.TubesChanged(seq, 1000)
			if err != nil || len(list) == 0 {
				return err
			}
			out, seq = append(out, list...), list[len(list)-1].Changed
		}
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return out
}

func reason(err error) screening.Reason {
	var why *Refused
	if errors.As(err, &why) {
		return why.Reason
	}
	return ""
}

func TestBatchBecomesTubes(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		d := newDesk(t, open, 100, 2)
		body := d.batch(0, 1, 3, 0)
		want := Answer{Device: d.devices[0].ID, Seq: 1, Tubes: 3, Samples: 30, Refused: []screening.TubeRefusal{}}
		for range 2 {
			got, err := d.send(0, body)
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Fatalf("%v %s", err, diff)
			}
		}
		d.project()
		if got, err := d.send(0, body); err != nil || !cmp.Equal(want, got) { // again, now that it is projected
			t.Fatalf("%+v, %v", got, err)
		}
		d.project()
		tubes := d.tubes()
		if len(tubes) != 3 {
			t.Fatalf("%d tubes", len(tubes))
		}
		for i, tube := range tubes {
			members, err := screening.UnpackMembers(nil, tube.Members, tube.ClosedAt)
			if err != nil || len(members) != 10 || tube.People != 10 {
				t.Fatalf("tube %d: %d members, %v", i, len(members), err)
			}
			for j, m := range members {
				if m.Person != d.people[10*i+j] || !m.At.Equal(noon.Add(-time.Minute)) {
					t.Errorf("tube %d member %d: %+v", i, j, m)
				}
			}
			if tube.Code != fmt.Sprintf("D0-1-%d", i) || tube.Round != d.round.ID || tube.Site != d.site.ID || tube.Device != d.devices[0].ID || tube.Seq != 1 || tube.Kind != screening.Pool || tube.Changed == 0 {
				t.Errorf("%+v", tube)
			}
		}
	})
}

func TestBatchRefused(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		d := newDesk(t, open, 100, 2)
		good := string(d.batch(0, 7, 1, 0))
		replaced := func(old, new string) []byte {
			s := strings.ReplaceAll(good, old, new)
			if s == good {
				t.Fatalf("%q is not there", old)
			}
			return []byte(s)
		}
		for _, tt := range []struct {
			name   string
			device int
			body   []byte
			want   screening.Reason
		}{
			{"no JSON", 0, []byte("hello"), screening.BadForm},
			{"50 MB", 0, slices.Repeat([]byte("x"), 50<<20), screening.TooLarge},
			{"another device's key", 1, []byte(good), screening.OtherDevice},
			{"a round that is not there", 0, replaced(fmt.Sprintf(`"round":%d`, d.round.ID), `"round":999`), screening.NoRound},
			{"a site that is not there", 0, replaced(fmt.Sprintf(`"site":%d`, d.site.ID), `"site":999`), screening.NoSite},
			{"a clock that is a year ahead", 0, replaced("2022-03", "2023-03"), screening.ClockOff},
			{"a clock that is a year behind", 0, replaced("2022-03", "2021-03"), screening.ClockOff},
			{"nobody's code", 0, replaced(d.code(d.people[3]), "ZZZZZ-ZZZZZ"), screening.NoPerson},
		} {
			if _, err := d.send(tt.device, tt.body); reason(err) != tt.want {
				t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
			}
		}
		if _, err := d.service.Accept(t.Context(), "nobody's key", []byte(good)); reason(err) != screening.NotEnrolled {
			t.Errorf("an unknown key: %v", err)
		}
		// After all that the device's queue goes on, with the number that was refused too.
		if a, err := d.send(0, []byte(good)); err != nil || a.Samples != 10 {
			t.Fatalf("%+v, %v", a, err)
		}
		if _, err := d.send(0, replaced("D0-7-0", "D0-7-9")); reason(err) != screening.SeqTaken {
			t.Errorf("the number again for something else: %v", err)
		}
		ctx, stop := context.WithCancel(t.Context())
		var background sync.WaitGroup
		background.Go(func() { d.service.Run(ctx) })
		if err := d.commands.RevokeDevice(t.Context(), command.Owner("test"), d.devices[1].ID, "lost"); err != nil {
			t.Fatal(err)
		}
		var err error
		for seq, end := 1, time.Now().Add(10*time.Second); reason(err) != screening.NotEnrolled; seq++ { // the journal tells it a moment later
			if _, err = d.send(1, d.batch(1, seq, 1, 0)); time.Now().After(end) {
				t.Fatalf("a device that was signed off: %v", err)
			}
		}
		stop()
		background.Wait()
	})
}

// Tubes that cannot be taken are set aside, and the rest of their batch is taken.
func TestTubesAreSetAside(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		d := newDesk(t, open, 100, 3)
		if _, err := d.send(0, d.batch(0, 1, 1, 0)); err != nil {
			t.Fatal(err)
		}
		// Two good tubes, one whose label is used, one with a person twice.
		body := string(d.batch(1, 1, 4, 10))
		body = strings.Replace(body, "D1-1-1", "D0-1-0", 1)
		body = strings.Replace(body, d.code(d.people[41]), d.code(d.people[40]), 1)
		a, err := d.send(1, []byte(body))
		if err != nil || a.Tubes != 2 || a.Samples != 20 || len(a.Refused) != 2 || a.Refused[0].Reason != screening.TubeUsed || a.Refused[0].Index != 1 || a.Refused[1].Reason != screening.PersonTwice {
			t.Fatalf("%+v, %v", a, err)
		}
		// A label that this node does not know to be used is found when the batch is projected.
		d.service.used = usedCodes{}
		if a, err := d.send(2, []byte(strings.Replace(string(d.batch(2, 1, 2, 60)), "D2-1-0", "D0-1-0", 1))); err != nil || a.Tubes != 2 {
			t.Fatalf("%+v, %v", a, err)
		}
		d.project()
		var codes []string
		for _, tube := range d.tubes() {
			codes = append(codes, fmt.Sprint(tube.Device == d.devices[0].ID, " ", tube.Code))
		}
		slices.Sort(codes)
		if diff := cmp.Diff([]string{"false D1-1-0", "false D1-1-2", "false D2-1-1", "true D0-1-0"}, codes); diff != "" {
			t.Error(diff)
		}
		var aside []store.AsideTube
		if err := d.db.View(t.Context(), func(r *store.Reader) error {
			aside, err = r.AsideTubes(d.round.ID)
			return err
		}); err != nil || len(aside) != 3 {
			t.Fatalf("%d aside, %v", len(aside), err)
		}
		for i, want := range []screening.Reason{screening.TubeUsed, screening.PersonTwice, screening.TubeUsed} {
			if aside[i].Reason != want || aside[i].People != 10 {
				t.Errorf("aside %d: %+v, want %s", i, aside[i], want)
			}
		}
	})
}

// People who are taken by document are found in the register, or entered once.
func TestMembersByDocument(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		d := newDesk(t, open, 3, 1)
		if err := d.db.Update(t.Context(), func(tx *store.Tx) error {
			return d.ids.Add(tx, "test", []store.IdentityValue{{Person: d.people[2], Field: vault.FieldDocument, Value: vault.NewSecret("370285199001011234")}})
		}); err != nil {
			t.Fatal(err)
		}
		at := noon.Format(time.RFC3339)
		member := func(document, name string) string {
			return fmt.Sprintf(`{"document":%q,"name":%q,"at":%q}`, document, name, at)
		}
		tube := func(code string, members ...string) string {
			return fmt.Sprintf(`{"code":%q,"closed_at":%q,"members":[%s]}`, code, at, strings.Join(members, ","))
		}
		body := fmt.Sprintf(`{"device":%d,"seq":1,"round":%d,"site":%d,"tubes":[%s,%s]}`, d.devices[0].ID, d.round.ID, d.site.ID,
			tube("A", member("370285 19900101 1234", "王一"), member("E0000001", "Li")), tube("B", member("e0000001", "Li"), member("E0000002", "Wu")))
		if a, err := d.send(0, []byte(body)); err != nil || a.Samples != 4 {
			t.Fatalf("%+v, %v", a, err)
		}
		d.project()
		var who []person.ID
		for _, tube := range d.tubes() {
			members, err := screening.UnpackMembers(nil, tube.Members, tube.ClosedAt)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range members {
				who = append(who, m.Person)
			}
		}
		if len(who) != 4 || who[0] != d.people[2] || who[1] != who[2] || who[1] == who[3] || slices.Contains(d.people, who[1]) || slices.Contains(who, 0) {
			t.Errorf("%v; the register has %v", who, d.people)
		}
		if err := d.db.View(t.Context(), func(r *store.Reader) error {
			found, err := d.ids.Find(r, vault.FieldDocument, vault.NewSecret("E0000002"))
			if err == nil && (len(found) != 1 || found[0] != who[3]) {
				t.Errorf("found %v by document, want %d", found, who[3])
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	})
}

// Many devices at a time, each sending some batches twice at once: every sample is there once.
func TestManyDevices(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		const devices, batches = 12, 6
		d := newDesk(t, open, 1000, devices)
		ctx, stop := context.WithCancel(t.Context())
		var background, wg sync.WaitGroup
		background.Go(func() { d.service.Run(ctx) })
		for i := range devices {
			for b := range batches {
				body := d.batch(i, b+1, 2, 100*i+20*b)
				for range 1 + b%2 {
					wg.Go(func() {
						if a, err := d.send(i, body); err != nil || a.Samples != 20 {
							t.Errorf("%+v, %v", a, err)
						}
					})
				}
			}
		}
		wg.Wait()
		stop()
		background.Wait()
		d.project()
		seen := map[string]int{}
		for _, tube := range d.tubes() {
			seen[tube.Code] += tube.People
		}
		if len(seen) != devices*batches*2 {
			t.Errorf("%d tubes", len(seen))
		}
		for code, n := range seen {
			if n != 10 {
				t.Errorf("tube %s has %d samples", code, n)
			}
		}
	})
}

// BenchmarkAccept takes batches of five tubes of ten from 200 devices, and projects them meanwhile. It measures what the server does without HTTP.
func BenchmarkAccept(b *testing.B) {
	for _, engine := range []struct {
		name string
		open func(testing.TB) storetest.Open
	}{{"sqlite", storetest.SQLite}, {"postgresql", storetest.Postgres}} {
		b.Run(engine.name, func(b *testing.B) {
			const devices = 200
			d := newDesk(b, engine.open(b), 20_000, devices)
			ctx, stop := context.WithCancel(b.Context())
			var background sync.WaitGroup
			background.Go(func() { d.service.Run(ctx) })
			bodies := make([][][]byte, devices)
			for i := range devices {
				for n := i; n < b.N; n += devices {
					bodies[i] = append(bodies[i], d.batch(i, n/devices+1, 5, 50*n))
				}
			}
			b.ResetTimer()
			var wg sync.WaitGroup
			var late atomic.Int64
			for i := range devices {
				wg.Go(func() {
					for _, body := range bodies[i] {
						for {
							_, err := d.service.Accept(ctx, d.devices[i].Secret, body)
							if errors.Is(err, store.ErrBusy) {
								late.Add(1)
								time.Sleep(10 * time.Millisecond)
								continue
							}
							if err != nil {
								b.Error(err)
							}
							break
						}
					}
				})
			}
			wg.Wait()
			b.StopTimer()
			b.ReportMetric(50*float64(b.N)/b.Elapsed().Seconds(), "samples/s")
			start := time.Now()
			for {
				n, err := d.db.IntakeBacklog(ctx)
				if err != nil {
					b.Fatal(err)
				}
				if n == 0 {
					break
				}
				time.Sleep(time.Millisecond)
			}
			b.ReportMetric(time.Since(start).Seconds(), "s-to-project")
			stop()
			background.Wait()
		})
	}
}
