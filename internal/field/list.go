package field

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/person"
	"firebreak/internal/screening"
	"firebreak/internal/store"
)

// residentView is one person of a desk's list: as little as finds them. The name is masked here, so that no phone has it whole.
type residentView struct {
	Code string `json:"code"`
	Name string `json:"name"`
	Door string `json:"door"`
}

// peopleView is a page of a desk's list.
type peopleView struct {
	People []residentView `json:"people"`
	Next   person.Number  `json:"next"` // where the next page begins; 0 at the end
}

// people is GET /capture/v1/people?after=N: who is registered where the device's site is.
func (s *server) people(w http.ResponseWriter, r *http.Request) {
	s.toDevice(w, r, func(d screening.Device) (any, error) {
		if d.Role != screening.Desk {
			return nil, &screening.Refusal{Reason: screening.WrongRole, Text: "only a desk's device gets a list of people"}
		}
		after, err := strconv.ParseInt("0"+r.URL.Query().Get("after"), 10, 64)
		if err != nil {
			return nil, &screening.Refusal{Reason: screening.BadForm, Where: "after", Text: "a whole number is expected"}
		}
		list, next, err := s.Commands.Identities().DeskList(r.Context(), d, person.Number(after))
		if errors.Is(err, store.ErrListTooLong) {
			return nil, &screening.Refusal{Reason: screening.TooLarge, Text: "more than " + strconv.Itoa(store.MostOnDevice) + " people live where the site is: a phone holds no such list"}
		}
		out := peopleView{People: make([]residentView, len(list)), Next: next}
		for i, x := range list {
			out.People[i] = residentView{x.Code, masked(x.Name.Reveal()), strings.TrimSpace(x.Building.Name + " " + x.Door.Reveal())}
		}
		return out, err
	})
}

// masked is a name as the app masks those it is given: 王**, L*.
func masked(name string) string {
	letters := []rune(strings.TrimSpace(name))
	if len(letters) == 0 {
		return ""
	}
	return string(letters[:1]) + strings.Repeat("*", min(max(len(letters)-1, 1), 2))
}

// comingView are boxes on their way, so that a laboratory's door knows without network what should be in them.
type comingView struct {
	Boxes []comingBox `json:"boxes"`
}

type comingBox struct {
	Box   string   `json:"box"`
	Tubes []string `json:"tubes"`
}

// coming is GET /capture/v1/coming.
func (s *server) coming(w http.ResponseWriter, r *http.Request) {
	s.toDevice(w, r, func(d screening.Device) (any, error) {
		if d.Role != screening.Laboratory {
			return nil, &screening.Refusal{Reason: screening.WrongRole, Text: "only a laboratory's device is told of boxes on their way"}
		}
		out := comingView{Boxes: []comingBox{}}
		err := s.DB.View(r.Context(), func(rd *store.Reader) error {
			list, err := rd.BoxesOnTheWay(d.Outbreak, s.DB.Now().Add(-onTheWay), mostComing)
			for _, b := range list {
				out.Boxes = append(out.Boxes, comingBox{b.Code, b.Codes})
			}
			return err
		})
		return out, err
	})
}

// A box that has not come within two days is looked for by the office, not at the door; a phone holds no more than so many.
const (
	onTheWay   = 48 * time.Hour
	mostComing = 500
)

// toDevice finds the device that asks, and answers with what do returns.
func (s *server) toDevice(w http.ResponseWriter, r *http.Request, do func(screening.Device) (any, error)) {
	d, err := s.Capture.Device(r.Context(), key(r))
	var out any
	if err == nil {
		out, err = do(d)
	}
	s.conclude(w, r, out, err)
}
