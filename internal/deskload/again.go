package deskload

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Infected returns who of the city is infected, the same for the same seed: the numbers of people for Person, in order.
func (c *City) Infected(perMillion float64, seed uint64) []int {
	var out []int
	chance := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // a load, the same each time
	for i := range c.Size {
		if chance.Float64()*1e6 < perMillion {
			out = append(out, i)
		}
	}
	return out
}

// Tube returns the label of the tube that person i is sampled in, and the batch that brings it.
func (c *City) Tube(i int) (code string, batch int) {
	batch = i / (PerTube * PerBatch)
	return TubeCode(batch, i/PerTube%PerBatch), batch
}

// SingleCode is the label of the tube that person i is sampled in again, alone.
func SingleCode(i int) string { return "A" + strconv.Itoa(i) }

// Again has each of some people sampled again, alone, after Drive has ended.
func (c *City) Again(ctx context.Context, addr string, people []int) error {
	first := c.Batches()/len(c.Devices) + 2 // past what Drive has used
	batches := (len(people) + PerBatch - 1) / PerBatch
	errs := make([]error, len(c.Devices))
	var retried atomic.Int64
	var wg sync.WaitGroup
	for i := range min(len(c.Devices), batches) {
		wg.Go(func() {
			d := phone{city: c, device: c.Devices[i], addr: addr, retried: &retried}
			defer d.hangUp()
			for k := i; k < batches; k += len(c.Devices) {
				d.writeSingles(first+k/len(c.Devices), people[k*PerBatch:min((k+1)*PerBatch, len(people))])
				if err := d.send(ctx); err != nil {
					errs[i] = fmt.Errorf("sample again, batch %d: %w", k, err)
					return
				}
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// writeSingles makes a batch of tubes with one person each.
func (p *phone) writeSingles(seq int, people []int) {
	at := time.Now().UTC().Add(-time.Second).Format("2006-01-02T15:04:05.000Z")
	b := fmt.Appendf(p.body[:0], `{"device":%d,"seq":%d,"round":%d,"site":%d,"tubes":[`, p.device.ID, seq, p.city.Round, p.city.Sites[people[0]/community])
	for n, i := range people {
		if n > 0 {
			b = append(b, ',')
		}
		b = fmt.Appendf(b, `{"code":%q,"kind":"single","closed_at":%q,"members":[{"person":%q,"at":%q}]}`, SingleCode(i), at, p.city.Code(p.city.Person(i)), at)
	}
	p.body = append(b, `]}`...)
	p.wrap()
}
