// Package field is what phones at the street desk talk to: they enrol, learn which rounds there are, and send batches of tubes. It is apart from screens and API, has no
// sessions, and answers nothing that needs the main database but for enrolling.
//
// cmd imports it; it imports capture and command.
package field

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/capture"
	"firebreak/internal/command"
	"firebreak/internal/lab"
	"firebreak/internal/place"
	"firebreak/internal/screening"
	"firebreak/internal/store"
)

// Options of the endpoint.
type Options struct {
	DB       *store.DB
	Capture  *capture.Service
	Commands *command.Commands
	Log      *slog.Logger
	// First is told when a batch begins to be taken and when it is answered; nil where nobody has to know.
	First interface {
		Begin()
		End()
	}
}

// server answers devices.
type server struct {
	Options
	gate chan struct{}
}

// mostAtOnce is how many batches are read and checked at a time; the rest of a burst waits in line for its turn, and past waitsInLine is told to come back.
const (
	mostAtOnce  = 64
	waitsInLine = 2 * time.Second
)

// retryAfter is what a device is told to wait when too much comes at once; the app adds chance to it, so that they do not all come back together.
const retryAfter = 2 * time.Second

// New returns the handler of /capture/v1/.
func New(o Options) http.Handler {
	s := &server{Options: o, gate: make(chan struct{}, mostAtOnce)}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /capture/v1/batches", s.batch)
	mux.HandleFunc("POST /capture/v1/boxes", s.boxes)
	mux.HandleFunc("POST /capture/v1/handovers", s.handovers)
	mux.HandleFunc("POST /capture/v1/devices", s.enrol)
	mux.HandleFunc("GET /capture/v1/desk", s.desk)
	mux.HandleFunc("GET /capture/v1/people", s.people)
	mux.HandleFunc("GET /capture/v1/coming", s.coming)
	mux.HandleFunc("GET /capture/v1/trips", s.trips)
	mux.HandleFunc("POST /capture/v1/told", s.told)
	return mux
}

// problem is how the endpoint says no. Code is for machines; a device that sees retry sends the same again later, and otherwise not.
type problem struct {
	Code  screening.Reason `json:"code"`
	Where string           `json:"where,omitempty"`
	Text  string           `json:"text"`
	Retry bool             `json:"retry"`
	// Refused are the tubes of a batch of which none is taken.
	Refused []screening.TubeRefusal `json:"refused,omitempty"`
}

// Codes that are about the endpoint and not about a batch.
const (
	codeBusy    screening.Reason = "busy"
	codeFailed  screening.Reason = "failed"
	codeInvited screening.Reason = "invitation"
)

// statuses says how each refusal is answered; what is not here is 422.
var statuses = map[screening.Reason]int{
	screening.BadForm: http.StatusBadRequest, screening.TooLarge: http.StatusRequestEntityTooLarge, screening.NotEnrolled: http.StatusUnauthorized,
	screening.OtherDevice: http.StatusForbidden, screening.SeqTaken: http.StatusConflict, codeBusy: http.StatusServiceUnavailable, codeFailed: http.StatusInternalServerError,
	codeInvited: http.StatusGone, screening.BoxTaken: http.StatusConflict, screening.WrongRole: http.StatusForbidden,
}

func (s *server) refuse(w http.ResponseWriter, p problem) {
	status, ok := statuses[p.Code]
	if !ok {
		status = http.StatusUnprocessableEntity
	}
	if p.Retry {
		w.Header().Set("Retry-After", strconv.Itoa(int(retryAfter/time.Second)))
	}
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="firebreak device"`)
	}
	s.answer(w, status, map[string]problem{"error": p})
}

func (s *server) answer(w http.ResponseWriter, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		s.Log.Error("answer to a device", "error", err)
		status, b = http.StatusInternalServerError, []byte(`{"error":{"code":"failed","text":"the answer could not be written","retry":true}}`)
	}
	s.write(w, status, string(b))
}

func (s *server) write(w http.ResponseWriter, status int, text string) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text) // the device may have gone; it will ask again
}

// fail answers an error that is nobody's fault at the desk.
func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() == nil {
		s.Log.Error("device not served", "path", r.URL.Path, "error", err)
	}
	s.refuse(w, problem{Code: codeFailed, Text: "the server could not do it now; nothing is lost, send it again", Retry: true})
}

// body reads a JSON body of a bounded size, or answers.
func (s *server) body(w http.ResponseWriter, r *http.Request) ([]byte, bool) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		s.refuse(w, problem{Code: screening.BadForm, Where: "Content-Type", Text: "application/json is expected"})
		return nil, false
	}
	if r.Header.Get("Content-Encoding") != "" {
		s.refuse(w, problem{Code: screening.BadForm, Where: "Content-Encoding", Text: "a batch is sent as it is, not compressed"})
		return nil, false
	}
	if r.ContentLength > screening.MostBytes {
		s.refuse(w, problem{Code: screening.TooLarge, Text: "a batch has at most 1 MiB"})
		return nil, false
	}
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, screening.MostBytes))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		s.refuse(w, problem{Code: screening.TooLarge, Text: "a batch has at most 1 MiB"})
		return nil, false
	case err != nil: // the network broke off: nobody is there to be told
		s.refuse(w, problem{Code: screening.BadForm, Text: "the request was cut off", Retry: true})
		return nil, false
	}
	return b, true
}

// key is what a device names itself with.
func key(r *http.Request) string {
	k, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return k
}

// batch is POST /capture/v1/batches.
func (s *server) batch(w http.ResponseWriter, r *http.Request) {
	body, ok := s.body(w, r)
	if !ok {
		return
	}
	if s.First != nil { // from here on nothing waits for the device's network
		s.First.Begin()
		defer s.First.End()
	}
	if !s.enter(r) {
		s.refuse(w, problem{Code: codeBusy, Text: "too many devices send at once; send it again in a moment", Retry: true})
		return
	}
	defer func() { <-s.gate }()
	answer, err := s.Capture.Accept(r.Context(), key(r), body)
	var why *capture.Refused
	switch {
	case err == nil:
		s.write(w, http.StatusOK, answer)
	case errors.As(err, &why):
		s.refuse(w, problem{Code: why.Reason, Where: why.Where, Text: why.Text, Refused: why.Tubes})
	case errors.Is(err, store.ErrBusy), errors.Is(err, store.ErrClosed):
		s.refuse(w, problem{Code: codeBusy, Text: "too many devices send at once; send it again in a moment", Retry: true})
	default:
		s.fail(w, r, err)
	}
}

// enter waits for a place among the batches that are taken at a time.
func (s *server) enter(r *http.Request) bool {
	select {
	case s.gate <- struct{}{}:
		return true
	default:
	}
	wait := time.NewTimer(waitsInLine)
	defer wait.Stop()
	select {
	case s.gate <- struct{}{}:
		return true
	case <-wait.C:
	case <-r.Context().Done():
	}
	return false
}

// deskView is what a device has to know to work: where it is, and for which rounds it may register people.
type deskView struct {
	Device screening.DeviceID `json:"device"`
	Role   screening.Role     `json:"role"`
	Desk   string             `json:"desk"`
	Site   siteView           `json:"site"` // nothing in it for a laboratory's device
	// Laboratory is where a laboratory's device is.
	Laboratory *labView    `json:"laboratory,omitempty"`
	Rounds     []roundView `json:"rounds"` // open ones, and those that begin within a day
	Now        time.Time   `json:"now"`    // the server's clock: times are stamped by it
	Aside      []asideView `json:"aside"`  // tubes of this device that were set aside after they had been taken
}

type siteView struct {
	ID   screening.SiteID `json:"id"`
	Code string           `json:"code"`
	Name string           `json:"name"`
}

type labView struct {
	ID   lab.LaboratoryID `json:"id"`
	Code string           `json:"code"`
	Name string           `json:"name"`
}

type roundView struct {
	ID       screening.RoundID `json:"id"`
	Number   int64             `json:"number"`
	Name     string            `json:"name"`
	State    screening.State   `json:"state"`
	StartsAt time.Time         `json:"starts_at"`
	EndsAt   time.Time         `json:"ends_at"`
	Pool     int               `json:"pool"`
}

type asideView struct {
	Tube   string           `json:"tube"`
	Seq    int64            `json:"seq"`
	Reason screening.Reason `json:"reason"`
	People int              `json:"people"`
}

// enrol is POST /capture/v1/devices: {"invitation": "..."}.
func (s *server) enrol(w http.ResponseWriter, r *http.Request) {
	body, ok := s.body(w, r)
	if !ok {
		return
	}
	var in struct {
		Invitation string `json:"invitation"`
	}
	if err := json.Unmarshal(body, &in); err != nil || in.Invitation == "" {
		s.refuse(w, problem{Code: screening.BadForm, Where: "invitation", Text: "the secret of an invitation is expected"})
		return
	}
	e, err := s.Commands.EnrolDevice(r.Context(), in.Invitation)
	if errors.Is(err, command.ErrInvitation) && s.enrolPhone(w, r, in.Invitation) {
		return
	}
	if errors.Is(err, command.ErrInvitation) {
		s.refuse(w, problem{Code: codeInvited, Text: err.Error()})
		return
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	v, err := s.view(r, e.Device)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.answer(w, http.StatusCreated, struct {
		Key string `json:"key"` // kept by the device alone
		*deskView
	}{e.Secret, v})
}

// desk is GET /capture/v1/desk.
func (s *server) desk(w http.ResponseWriter, r *http.Request) {
	d, err := s.Capture.Device(r.Context(), key(r))
	var why *capture.Refused
	if errors.As(err, &why) && s.phoneDesk(w, r) {
		return
	}
	if errors.As(err, &why) {
		s.refuse(w, problem{Code: why.Reason, Text: why.Text})
		return
	}
	var v *deskView
	if err == nil {
		v, err = s.view(r, d)
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.answer(w, http.StatusOK, v)
}

// soon is how long before its start a round is told to devices, so that those that go without network know it.
const soon = 24 * time.Hour

func (s *server) view(r *http.Request, d screening.Device) (*deskView, error) {
	out := &deskView{Device: d.ID, Role: d.Role, Desk: d.Desk, Rounds: []roundView{}, Aside: []asideView{}, Now: s.DB.Now()}
	err := s.DB.View(r.Context(), func(rd *store.Reader) error {
		site, err := out.place(rd, d)
		if err != nil {
			return err
		}
		tree, err := rd.Tree()
		if err != nil {
			return err
		}
		list, err := rd.Rounds(d.Outbreak)
		if err != nil {
			return err
		}
		for _, x := range list {
			if x.State != screening.Open && (x.State != screening.Planned || x.StartsAt.After(out.Now.Add(soon))) || d.Role != screening.Laboratory && !near(tree, x, site) {
				continue
			}
			out.Rounds = append(out.Rounds, roundView{x.ID, x.Number, x.Name, x.State, x.StartsAt, x.EndsAt, x.Pool})
		}
		aside, err := rd.AsideTubesOf(d.ID)
		for _, t := range aside {
			out.Aside = append(out.Aside, asideView{t.Code, t.Seq, t.Reason, t.People})
		}
		return err
	})
	return out, err
}

// place reads where a device is used. What is sampled anywhere may come to a laboratory.
func (v *deskView) place(r *store.Reader, d screening.Device) (site screening.Site, err error) {
	if d.Role == screening.Laboratory {
		l, err := r.Laboratory(d.Laboratory)
		v.Laboratory = &labView{l.ID, l.Code, l.Name}
		return site, err
	}
	site, err = r.Site(d.Site)
	v.Site = siteView{site.ID, site.Code, site.Name}
	return site, err
}

// near says whether a site is in the area of a round. People from elsewhere are sampled there too; a site elsewhere has no use for the round.
func near(tree *place.Tree, x screening.Round, site screening.Site) bool {
	for _, a := range x.Areas {
		if tree.Contains(a, site.Area) {
			return true
		}
	}
	return false
}
