package drill

import (
	"net/http"

	"firebreak/internal/api"
	"firebreak/internal/sim"
)

// post is what people have to tell the system, gathered for a few minutes: phones and offices send it together.
type post struct {
	done    map[role][]reported
	checks  map[role][]api.CheckMade
	taken   []taken
	results []result
}

// reported is a task that was done, and what follows from it.
type reported struct {
	row  api.TaskDone
	at   sim.Minute
	then func(at sim.Minute) error
}

// taken is a specimen, and what follows from its number.
type taken struct {
	row  api.NewSpecimen
	then func(id int64)
}

// result is a result, and what follows when it was told.
type result struct {
	row  api.SpecimenResult
	then func()
}

// at most so many rows are sent at a time.
const atATime = 2000

// roles that complete tasks or record checks, in the order in which they send.
var tellers = []role{hospital, epi, followUp, siteStaff, community}

// send sends all that was gathered, and does what follows. It returns whether there was anything.
func (d *Drill) send() (sent bool, err error) {
	p := d.post
	d.post = post{done: map[role][]reported{}, checks: map[role][]api.CheckMade{}}
	for rows := range parts(p.taken) {
		sent = true
		in, out := api.SpecimensTaken{}, api.TakenSpecimens{}
		for _, x := range rows {
			in.Rows = append(in.Rows, x.row)
		}
		if err := d.c.as(d.ctx, sampler, "POST specimens", http.MethodPost, d.at+"/specimens", in, &out); err != nil {
			return sent, err
		}
		d.refusedRows("specimens", out.ManyDone)
		for i, x := range out.Items {
			if x.ID != 0 {
				rows[i].then(x.ID)
			}
		}
	}
	for rows := range parts(p.results) {
		sent = true
		var in api.SpecimenResults
		for _, x := range rows {
			in.Rows = append(in.Rows, x.row)
		}
		var out api.ManyDone
		if err := d.c.as(d.ctx, laboratory, "POST specimen-results", http.MethodPost, d.at+"/specimen-results", in, &out); err != nil {
			return sent, err
		}
		not := d.refusedRows("specimen-results", out)
		for i, x := range rows {
			if !not[i] {
				x.then()
			}
		}
	}
	for _, who := range tellers {
		for rows := range parts(p.done[who]) {
			sent = true
			var in api.TasksDone
			for _, x := range rows {
				in.Rows = append(in.Rows, x.row)
			}
			var out api.ManyDone
			if err := d.c.as(d.ctx, who, "POST tasks/done", http.MethodPost, d.at+"/tasks/done", in, &out); err != nil {
				return sent, err
			}
			not := d.refusedRows("tasks/done", out)
			for i, x := range rows {
				if not[i] {
					continue
				}
				d.tasks.Done++
				if x.then != nil {
					if err := x.then(x.at); err != nil {
						return sent, err
					}
				}
			}
		}
		for rows := range parts(p.checks[who]) {
			sent = true
			var out api.ManyDone
			if err := d.c.as(d.ctx, who, "POST checks", http.MethodPost, d.at+"/checks", api.ChecksMade{Rows: rows}, &out); err != nil {
				return sent, err
			}
			d.refusedRows("checks", out)
		}
	}
	return sent, nil
}

// parts cuts a list into what is sent at a time.
func parts[T any](list []T) func(func([]T) bool) {
	return func(yield func([]T) bool) {
		for len(list) > 0 {
			n := min(atATime, len(list))
			if !yield(list[:n]) {
				return
			}
			list = list[n:]
		}
	}
}

// refusedRows counts rows that were refused, and says which.
func (d *Drill) refusedRows(what string, done api.ManyDone) map[int]bool {
	not := map[int]bool{}
	for _, r := range done.Refused {
		not[r.Row] = true
		d.refused["POST "+what]++
		if d.refused["POST "+what] <= 3 {
			d.Said(d.clock(d.now).Format("01-02 15:04 ") + what + ": " + r.Field + " " + r.Reason)
		}
	}
	return not
}
