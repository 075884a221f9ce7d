package api

import (
	"net/http"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/store"
	"firebreak/internal/transfer"
	"firebreak/internal/transferplan"
)

// NewCompanion is an adult who goes along with a child.
type NewCompanion struct {
	Person   int64  `json:"person,omitempty" doc:"Number of an adult; left out where document and name say who it is."`
	Document string `json:"document,omitempty" maxLength:"100" doc:"Number of their document, with name. Whom the register does not know is entered with the two."`
	Name     string `json:"name,omitempty" maxLength:"200"`
	Agreed   bool   `json:"agreed" doc:"They said themselves that they go along; nobody is made to."`
	ChosenBy string `json:"chosen_by,omitempty" maxLength:"2000" doc:"Needed of somebody who lives elsewhere: who of the child's family has chosen them, such as: mother, by phone. They come to the child's door and are fetched there with it."`
}

// Companions is a list.
type Companions struct {
	Items []CompanionView `json:"items"`
}

// CompanionView is an adult of a child's household.
type CompanionView struct {
	Person int64  `json:"person"`
	Sex    string `json:"sex"`
	Age    *int   `json:"age" doc:"In years; null where nobody knows."`
	Can    bool   `json:"can" doc:"They can go along, if they choose to."`
	Not    string `json:"not,omitempty" doc:"Why not: goes (is moved with the child already), case, away (is somewhere else than the child), moved (is moved otherwise)."`
}

// companion is the number of whoever goes along with a child; 0 where it is somebody who is moved for their own sake.
func companion(q *transfer.Request) int64 {
	if !q.Companion {
		return 0
	}
	return int64(q.Person)
}

// viewTransfer reads a request of an area that the caller may read.
func (c *call) viewTransfer(id int64, fn func(*store.Reader, outbreak.Outbreak, *transfer.Request) error) error {
	w, err := c.within(auth.TransferRead)
	if err != nil {
		return err
	}
	return c.o.DB.View(c.ctx, func(r *store.Reader) error {
		q, err := r.Request(transfer.RequestID(id))
		if err != nil {
			return err
		}
		o, err := r.Outbreak(q.Outbreak)
		if err != nil {
			return err
		}
		in, err := open(r, o, w)
		if err != nil {
			return err
		}
		if ok, err := in.sees(q.Area); err != nil {
			return err
		} else if !ok {
			return notFound("transfer", id)
		}
		return fn(r, o, &q)
	})
}

// CompanionsOf lists the adults of the household of a child who is to be moved, and who of them can go along.
func CompanionsOf(r *store.Reader, o outbreak.Outbreak, q *transfer.Request, now time.Time) (out Companions, err error) {
	out.Items = []CompanionView{}
	list, err := transferplan.Adults(r, o, q, now)
	for _, a := range list {
		v := CompanionView{Person: int64(a.Person), Sex: string(a.Sex), Can: a.Not == "", Not: a.Not}
		if a.Age != person.AgeUnknown {
			age := int(a.Age)
			v.Age = &age
		}
		out.Items = append(out.Items, v)
	}
	return out, err
}

// TransferNow is a request as it stands, for the program itself.
func TransferNow(r *store.Reader, o outbreak.Outbreak, q transfer.Request, now time.Time) (out Transfer, err error) {
	in, err := open(r, o, store.Everywhere())
	if err != nil {
		return out, err
	}
	b, err := transferplan.ReadParty(r, o, &q, now)
	return in.transferView(q, &b, now), err
}

// companions are the routes of those who go along with a child.
func (s *server) companions() {
	type along struct {
		Asked
		Transfer int64 `path:"transfer"`
	}
	operation(s, "list-companions", http.MethodGet, "/api/transfers/{transfer}/companions", "The adults of a child's household, and who of them can go along if they choose to", 200, func(c *call, in *along) (out Companions, err error) {
		return out, c.viewTransfer(in.Transfer, func(r *store.Reader, o outbreak.Outbreak, q *transfer.Request) error {
			out, err = CompanionsOf(r, o, q, c.now)
			return err
		})
	})
	type accompany struct {
		Asked
		Transfer int64 `path:"transfer"`
		Body     NewCompanion
	}
	operation(s, "add-companion", http.MethodPost, "/api/transfers/{transfer}/companions", "An adult of a child's household, or one whom its family has chosen, chooses to go along: in the same vehicle, to the same room", 201, func(c *call, in *accompany) (out Transfer, err error) {
		q, err := c.o.Commands.Accompany(c.ctx, c.by(), command.Accompany{Transfer: transfer.RequestID(in.Transfer), Person: person.ID(in.Body.Person), Document: in.Body.Document, Name: in.Body.Name, Agreed: in.Body.Agreed, ChosenBy: in.Body.ChosenBy})
		return out, c.transferred(q, err, &out)
	})
}
