package drill

import (
	"bytes"
	"fmt"
	"net/http"

	"firebreak/internal/api"
	"firebreak/internal/sim/city"
)

// roster is who of the city is who in the system: their number, and the code on their card.
type roster struct {
	number []int64
	code   []string
	who    map[int64]city.Person
}

// documentOf is the number of somebody's identity card.
func documentOf(p city.Person) string { return fmt.Sprintf("D%09d", p) }

// atOnce is how many rows of a register are sent in one request.
const atOnce = 100_000

// enter gives the system the register of the city, and gives everybody their card.
func (d *Drill) enter() error {
	c := d.city
	n := c.People()
	d.roster = roster{number: make([]int64, n), code: make([]string, n), who: make(map[int64]city.Person, n)}
	areas := c.Areas()
	for first := 0; first < n; first += atOnce {
		var b bytes.Buffer
		b.WriteString("document,community code,household,age,sex\n")
		end := min(n, first+atOnce)
		for p := city.Person(first); int(p) < end; p++ {
			home := d.registeredWith(p)
			sex := "f"
			if d.luck.Of(ofSex).Float(uint64(p)) < 0.5 {
				sex = "m"
			}
			fmt.Fprintf(&b, "%s,%s,H%d,%d,%s\n", documentOf(p), areas[c.AreaOf(p)].Code, home, c.AgeOf(p), sex)
		}
		header := http.Header{"Authorization": {"Bearer " + d.Tokens[string(coordinator)]}, "Firebreak-Purpose": {"screening"}, "Content-Type": {"text/csv"}}
		var out api.Registered
		if err := d.c.read(d.ctx, coordinator, "POST register", http.MethodPost, d.at+"/register?file=register.csv", header, b.Bytes(), &out); err != nil {
			return err
		}
		if out.Created != end-first || out.Rejected > 0 {
			return fmt.Errorf("register: %d of %d people were entered; %+v", out.Created, end-first, out.Problems[:min(3, len(out.Problems))])
		}
	}
	const most = 10_000
	for first := 0; first < n; first += most {
		end := min(n, first+most)
		ask := api.Documents{}
		for p := city.Person(first); int(p) < end; p++ {
			ask.Documents = append(ask.Documents, documentOf(p))
		}
		var out api.Found
		if err := d.c.as(d.ctx, coordinator, "POST people/find", http.MethodPost, d.at+"/people/find", ask, &out); err != nil {
			return err
		}
		for i, x := range out.Items {
			if x.Person == 0 {
				return fmt.Errorf("nobody has the document %s", ask.Documents[i])
			}
			p := city.Person(first + i)
			d.roster.number[p], d.roster.code[p], d.roster.who[x.Person] = x.Person, x.Code, p
		}
	}
	return nil
}

// registeredWith is the household that the register has somebody in. The city has a few children who live by themselves; they are entered with the people next door, who look after them.
func (d *Drill) registeredWith(p city.Person) city.Person {
	home, n := d.city.Household(p)
	until := 0
	if c := d.pack.Isolation.ChildUntil; c.Set() {
		until = c.Value
	}
	for home > 0 && d.city.AreaOf(home-1) == d.city.AreaOf(p) {
		for q := home; int(q-home) < n; q++ {
			if d.city.AgeOf(q) > until {
				return home
			}
		}
		home, n = d.city.Household(home - 1)
	}
	return home
}
