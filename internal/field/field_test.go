package field

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"firebreak/internal/capture"
	"firebreak/internal/command"
	"firebreak/internal/place"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/vault"
)

var noon = time.Date(2022, 3, 5, 4, 0, 0, 0, time.UTC)

// desk is an open round with one site, over HTTP.
type desk struct {
	t        *testing.T
	url      string
	db       *store.DB
	service  *capture.Service
	commands *command.Commands
	round    screening.Round
	site     screening.Site
}

func newDesk(t *testing.T, open storetest.Open) *desk {
	t.Helper()
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	db := open(func(o *store.Options) { o.Now = func() time.Time { return noon } })
	ids, err := db.OpenIdentities(ctx, store.KeyOptions{MasterKey: vault.NewMasterKey().Text()})
	must(err)
	intake, err := db.OpenIntake(ctx)
	must(err)
	t.Cleanup(func() { must(intake.Close()) })
	c := command.New(db, ids)
	by := command.Owner("test")
	must(db.Update(ctx, func(tx *store.Tx) error {
		_, _, _, err := tx.PutAreas([]place.NewJurisdiction{
			{Jurisdiction: place.Jurisdiction{Code: "37", Name: "Province", Level: place.Province}},
			{Jurisdiction: place.Jurisdiction{Code: "3701", Name: "District", Level: place.District}, ParentCode: "37"},
			{Jurisdiction: place.Jurisdiction{Code: "3702", Name: "Other", Level: place.District}, ParentCode: "37"},
		}, nil, 1)
		return err
	}))
	_, err = c.StartOutbreak(ctx, by, command.StartOutbreak{Name: "o", Pack: "covid19/2022-v9", Zone: "Asia/Shanghai", Area: "37"})
	must(err)
	d := &desk{t: t, db: db, commands: c}
	plan := func(area string, start time.Duration) screening.Round {
		r, err := c.PlanRound(ctx, by, command.PlanRound{Outbreak: "o", Areas: []string{area}, StartsAt: noon.Add(start), EndsAt: noon.Add(start + 24*time.Hour), Pool: 10})
		must(err)
		return r
	}
	d.round = plan("3701", -time.Hour)
	d.round, err = c.OpenRound(ctx, by, d.round.ID, 0)
	must(err)
	plan("3701", 12*time.Hour)
	plan("3701", 48*time.Hour) // too far away to be told
	plan("3702", time.Hour)    // elsewhere
	sites, err := c.AddSites(ctx, by, command.AddSites{Outbreak: "o", Sites: []command.SiteFields{{Code: "S-1", Area: "3701", Lanes: 4}}})
	must(err)
	d.site = sites[0]
	service, err := capture.New(ctx, capture.Options{DB: db, Identities: ids, Intake: intake})
	must(err)
	d.service = service
	server := httptest.NewServer(New(Options{DB: db, Capture: service, Commands: c, Log: slog.New(slog.DiscardHandler)}))
	t.Cleanup(server.Close)
	d.url = server.URL
	return d
}

// call makes a request and reads the answer into out.
func (d *desk) call(method, path, key string, body []byte, header map[string]string, out any) int {
	d.t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), method, d.url+path, bytes.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	for k, v := range header {
		r.Header.Set(k, v)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		d.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	if err := json.Unmarshal(b, out); err != nil {
		d.t.Fatalf("%s: %v", b, err)
	}
	return res.StatusCode
}

type enrolled struct {
	Key string `json:"key"`
	deskView
}

func (d *desk) enrol() (e enrolled, secret string) {
	d.t.Helper()
	inv, err := d.commands.InviteDevice(d.t.Context(), command.Owner("test"), d.site.ID, "3")
	if err != nil {
		d.t.Fatal(err)
	}
	if status := d.call("POST", "/capture/v1/devices", "", fmt.Appendf(nil, `{"invitation":%q}`, inv.Secret), nil, &e); status != http.StatusCreated {
		d.t.Fatalf("enrolled with %d", status)
	}
	return e, inv.Secret
}

func TestDeviceEnrolsAndSends(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		d := newDesk(t, open)
		e, secret := d.enrol()
		if e.Key == "" || e.Device == 0 || e.Desk != "3" || e.Site.Code != "S-1" || !e.Now.Equal(noon) || len(e.Rounds) != 2 || e.Rounds[1].ID != d.round.ID || e.Rounds[0].State != screening.Planned {
			t.Fatalf("%+v", e)
		}
		var no struct{ Error problem }
		if status := d.call("POST", "/capture/v1/devices", "", fmt.Appendf(nil, `{"invitation":%q}`, secret), nil, &no); status != http.StatusGone || no.Error.Code != codeInvited {
			t.Errorf("an invitation used twice: %d %+v", status, no)
		}
		var v deskView
		if status := d.call("GET", "/capture/v1/desk", e.Key, nil, nil, &v); status != http.StatusOK || v.Device != e.Device || len(v.Rounds) != 2 {
			t.Errorf("%d %+v", status, v)
		}
		at := noon.Format(time.RFC3339)
		body := fmt.Appendf(nil, `{"device":%d,"seq":1,"round":%d,"site":%d,"tubes":[{"code":"T","closed_at":%q,"members":[{"document":"E1","name":"Li","at":%q}]}]}`, e.Device, d.round.ID, d.site.ID, at, at)
		for range 2 {
			var a capture.Answer
			if status := d.call("POST", "/capture/v1/batches", e.Key, body, nil, &a); status != http.StatusOK || a.Tubes != 1 || a.Samples != 1 || a.Device != e.Device || a.Seq != 1 {
				t.Errorf("%d %+v", status, a)
			}
		}
		zipped := func(b []byte) []byte {
			var out bytes.Buffer
			w := gzip.NewWriter(&out)
			_, _ = w.Write(b)
			_ = w.Close()
			return out.Bytes()
		}
		for _, tt := range []struct {
			name   string
			key    string
			body   []byte
			header map[string]string
			status int
			code   screening.Reason
		}{
			{"no key", "", body, nil, 401, screening.NotEnrolled},
			{"the invitation as key", secret, body, nil, 401, screening.NotEnrolled},
			{"no JSON", e.Key, []byte("x"), nil, 400, screening.BadForm},
			{"a form", e.Key, body, map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, 400, screening.BadForm},
			{"a bomb", e.Key, zipped(bytes.Repeat([]byte(" "), 64<<20)), map[string]string{"Content-Encoding": "gzip"}, 400, screening.BadForm},
			{"50 MB", e.Key, bytes.Repeat([]byte(" "), 50<<20), nil, 413, screening.TooLarge},
			{"another batch under the number", e.Key, bytes.Replace(body, []byte("Li"), []byte("Wu"), 1), nil, 409, screening.SeqTaken},
			{"a round that is only planned", e.Key, fmt.Appendf(nil, `{"device":%d,"seq":2,"round":%d,"site":%d,"tubes":[{"code":"U","closed_at":%q,"members":[{"document":"E1","name":"Li","at":%q}]}]}`, e.Device, e.Rounds[0].ID, d.site.ID, at, at), nil, 422, screening.RoundNotOpen},
			{"a label that is used", e.Key, bytes.Replace(body, []byte(`"seq":1`), []byte(`"seq":2`), 1), nil, 422, screening.TubeUsed},
			{"a clock a year off", e.Key, bytes.ReplaceAll(bytes.Replace(body, []byte(`"seq":1`), []byte(`"seq":2`), 1), []byte("2022"), []byte("2023")), nil, 422, screening.ClockOff},
		} {
			var no struct{ Error problem }
			status := d.call("POST", "/capture/v1/batches", tt.key, tt.body, tt.header, &no)
			if status != tt.status || no.Error.Code != tt.code || no.Error.Text == "" || no.Error.Retry {
				t.Errorf("%s: %d %+v, want %d %s", tt.name, status, no.Error, tt.status, tt.code)
			}
		}
	})
}

// A request whose body comes slowly or breaks off holds no place.
func TestCutOff(t *testing.T) {
	t.Parallel()
	d := newDesk(t, storetest.SQLite(t))
	e, _ := d.enrol()
	pr, pw := io.Pipe()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.url+"/capture/v1/batches", pr)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+e.Key)
	go func() {
		_, _ = io.Copy(pw, strings.NewReader(`{"device":1,`))
		_ = pw.CloseWithError(io.ErrUnexpectedEOF)
	}()
	if res, err := http.DefaultClient.Do(r); err == nil {
		_ = res.Body.Close()
		t.Errorf("answered %s", res.Status)
	}
	var v deskView
	if status := d.call("GET", "/capture/v1/desk", e.Key, nil, nil, &v); status != http.StatusOK {
		t.Errorf("afterwards: %d", status)
	}
}
