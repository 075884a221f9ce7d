package followup

import (
	"slices"
	"strconv"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/checks"
	"firebreak/internal/command"
	"firebreak/internal/contact"
	"firebreak/internal/day"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/web/record"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// NewDoors parses the door visits of a day.
func NewDoors(k *ui.Kit) (*ui.Page, error) { return k.Page("doors", files, "doors.html") }

// DoorsView is whom to visit today of those who are in quarantine, or watched, at home.
type DoorsView struct {
	Where  string
	Day    string // ISO
	Houses []DoorHouse
	Visits int64
	Late   int64
	More   bool     // there are more than the page lists
	Ask    *ui.Form // why the reader needs doors, names and telephones; nil where they may not, or have them open
}

// DoorHouse is the visits of one building.
type DoorHouse struct {
	Building string // empty: not known
	Area     string
	Visits   []DoorVisit
}

// DoorVisit is one person.
type DoorVisit struct {
	ID    int64 // of the restriction
	Code  string
	Href  string // empty where the reader may not see the record
	Kind  string // key: restriction.kind.<Kind>
	Until time.Time
	Who   *ui.Identity // nil until the reader said why they need it
	Tasks []DoorTask
}

// DoorTask is one thing that is due at the door.
type DoorTask struct {
	ID     int64
	Kind   string // key: task.kind.<Kind>
	Need   string // key: restriction.need.<Need>; empty for another task
	Due    time.Time
	Status ui.Status
	Action string // empty where the reader may not
	Check  bool   // it is answered by what was found
}

// mostDoors is how many visits a page lists: no more names are opened at once.
const mostDoors = 500

// doing is the right that lets somebody do a task at a door.
func doing(k task.Kind) auth.Action {
	switch k {
	case task.SampleContact, task.SampleHome:
		return auth.SampleWrite
	case task.TellRestriction, task.MeetNeed:
		return auth.RestrictionTell
	case task.MonitorHome:
		return auth.TaskComplete
	default:
		return auth.FollowUpWrite
	}
}

// Doors is GET /o/{outbreak}/doors: whom to visit today, building by building, with what is due at each door.
func (h *Handler) Doors(q *site.Request) error {
	v, _, err := h.doorsOf(q)
	if err != nil {
		return err
	}
	if v.Visits > 0 {
		v.Ask = record.AskNames(q, q.Path("doors"))
	}
	return q.Show(h.doors, "followup", v)
}

// DoorNames is POST /o/{outbreak}/doors: the reader said why they need doors, names and telephones. Within a building the visits then come by door.
func (h *Handler) DoorNames(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	v, about, err := h.doorsOf(q)
	if err != nil {
		return err
	}
	if len(about) > 0 {
		who, bad, err := record.ReadVisits(q, form, q.Path("doors"), about...)
		if err != nil {
			return err
		}
		v.Ask = bad
		n := 0
		for i := range v.Houses {
			list := v.Houses[i].Visits
			for j := range list {
				if n < len(who) {
					list[j].Who = &who[n]
				}
				n++
			}
			slices.SortStableFunc(list, func(a, b DoorVisit) int {
				if a.Who == nil || b.Who == nil {
					return 0
				}
				return place.CompareNames(a.Who.Door, b.Who.Door)
			})
		}
	}
	return q.Show(h.doors, "followup", v)
}

// doorsOf lists the visits, and whom each is about.
func (h *Handler) doorsOf(q *site.Request) (v DoorsView, about []task.Subject, err error) {
	v = DoorsView{Where: q.Actor.Login, Day: day.In(q.Now, q.Zone).String()}
	if q.Area.ID != 0 {
		v.Where = q.AreaName(q.Area.ID)
	}
	err = q.View(func(r *store.Reader) error {
		list, more, err := checks.Doors(r, q.Outbreak.ID, q.WithinFor(auth.FollowUpWrite), q.Zone, q.Now)
		if err != nil {
			return err
		}
		v.More = more
		for _, house := range list {
			x := DoorHouse{Building: house.Building.Name, Area: q.AreaName(house.Area)}
			for _, c := range house.Visits {
				if v.Visits == mostDoors {
					v.More = true
					break
				}
				v.Visits++
				about = append(about, c.Restriction.Cause.Subject())
				d := h.doorVisit(q, c)
				if c.Tasks[0].Late(q.Now) {
					v.Late++
				}
				x.Visits = append(x.Visits, d)
			}
			if len(x.Visits) > 0 {
				v.Houses = append(v.Houses, x)
			}
		}
		return nil
	})
	return v, about, err
}

func (h *Handler) doorVisit(q *site.Request, c checks.Visit) DoorVisit {
	t := c.Restriction.Terms()
	d := DoorVisit{ID: int64(c.Restriction.ID), Code: c.Code, Kind: string(t.InForce(q.Now)), Until: t.Until}
	if c.Contact.ID != 0 && q.Sees(auth.ContactRead, c.Area) {
		d.Href = q.Path("contacts", c.Code)
	} else if c.Contact.ID == 0 && q.Sees(auth.CaseRead, c.Area) {
		d.Href = q.Path("cases", c.Code)
	}
	for _, k := range c.Tasks {
		x := DoorTask{ID: int64(k.ID), Kind: string(k.Kind), Need: string(c.Need(k)), Due: k.Due, Status: record.Status(q, k), Check: k.Kind == task.CheckContact}
		if q.Sees(doing(k.Kind), c.Area) {
			x.Action = q.Path("doors", strconv.FormatInt(int64(k.ID), 10))
		}
		d.Tasks = append(d.Tasks, x)
	}
	return d
}

// AtDoor is POST /o/{outbreak}/doors/{task}: what was due at a door was done there, in one tap.
func (h *Handler) AtDoor(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	id, err := q.Number("task")
	if err != nil {
		return err
	}
	var t task.Task
	var c contact.Contact
	err = q.View(func(r *store.Reader) error {
		if t, err = r.Task(task.ID(id), q.WithinFor(auth.FollowUpWrite)); err != nil {
			return err
		}
		if t.Kind == task.CheckContact {
			c, err = r.Contact(contact.ID(t.Subject.ID))
		}
		return err
	})
	if err != nil {
		return err
	}
	by := q.By()
	by.Purpose = q.Purpose(doing(t.Kind))
	switch t.Kind {
	case task.CheckContact:
		in := command.RecordCheck{Contact: c.ID, Slot: checks.Slot(q.Pack, c.Tier, q.Now, q.Zone)}
		switch answer := form.Get("result"); answer {
		case "well":
			in.Seen = true
		case "symptoms":
			in.Seen, in.Symptoms = true, []string{string(contact.Otherwise)}
		case "unreached":
		default:
			return &command.Invalid{Field: "result", Value: answer, Reason: "is well, symptoms or unreached"}
		}
		if _, err := h.s.Commands.RecordCheck(q.Context(), by, in); err != nil {
			return err
		}
		if in.Symptoms != nil && q.Sees(auth.ContactRead, c.Area) {
			return q.Done(q.Path("contacts", c.Code), "saved", 1) // what symptoms, and since when, is asked there
		}
	case task.SampleContact, task.SampleHome:
		_, err = h.s.Commands.TakeSpecimen(q.Context(), by, command.TakeSpecimen{Of: t.Subject})
	case task.TellRestriction, task.MeetNeed, task.MonitorHome:
		_, err = h.s.Commands.CompleteTask(q.Context(), by, command.CompleteTask{Task: t.ID, Version: t.Version})
	default:
		return &command.Invalid{Field: "task", Value: q.PathValue("task"), Reason: "is not done at a door"}
	}
	if err != nil {
		return err
	}
	return q.Done(q.Path("doors"), "saved", 1)
}
