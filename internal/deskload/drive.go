package deskload

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Spec says how the devices send.
type Spec struct {
	Addr string  // of the server
	Rate float64 // samples a second over all devices; 0 is as fast as each gets its answers
	// From and To bound the batches that are sent: a part of them, [From, To). A To of 0 is all. From is a multiple of the number of connections, so that each goes on with its own.
	From, To int
	// Connected is how many devices are connected at a time; 0 is all. It divides their number: each connection then is that of one device after the other.
	Connected int
	// Skip leaves out every batch whose number it divides, so that somebody is missing everywhere; 0 leaves out none.
	Skip int
}

// skips says whether batch k is left out.
func (s Spec) skips(k int) bool { return s.Skip > 0 && k%s.Skip == 0 }

// Result is what the devices saw.
type Result struct {
	Took    time.Duration
	Acked   []bool          // by batch
	Latency []time.Duration // of each answer, sorted: from when the batch was due to be sent, so that a server that stalls is not spared
	Retried int64           // answers that asked to come again, and connections that were lost
	LastAck time.Time
}

// Quantile of the latencies; 0 where there are none.
func (r *Result) Quantile(q float64) time.Duration {
	if len(r.Latency) == 0 {
		return 0
	}
	return r.Latency[min(len(r.Latency)-1, int(q*float64(len(r.Latency))))]
}

// Drive has every device send its batches, one after another and each until it is acknowledged. It ends when all are, when ctx ends, or with the first refusal: a good
// batch must not be refused.
func (c *City) Drive(ctx context.Context, s Spec) (*Result, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	n := c.Batches()
	out := &Result{Acked: make([]bool, n)}
	if s.To > 0 {
		n = min(n, s.To)
	}
	var retried atomic.Int64
	conns := len(c.Devices)
	if s.Connected > 0 {
		if conns%s.Connected != 0 {
			return nil, fmt.Errorf("%d devices, %d of them connected: the one is no multiple of the other", conns, s.Connected)
		}
		conns = s.Connected
	}
	latency := make([][]time.Duration, conns)
	errs := make([]error, conns)
	start := time.Now().Add(50 * time.Millisecond)
	var wg sync.WaitGroup
	for i := range conns {
		wg.Go(func() {
			d := phone{city: c, addr: s.Addr, retried: &retried}
			defer d.hangUp()
			for k := s.From + i; k < n && ctx.Err() == nil; k += conns {
				if s.skips(k) {
					continue
				}
				d.device = c.Devices[k%len(c.Devices)]
				due := time.Now()
				if s.Rate > 0 {
					due = start.Add(time.Duration(float64(k-s.From) * PerTube * PerBatch / s.Rate * float64(time.Second)))
					time.Sleep(time.Until(due))
				}
				d.write(k, k/len(c.Devices)+1)
				if err := d.send(ctx); err != nil {
					if ctx.Err() == nil {
						errs[i] = fmt.Errorf("batch %d of device %d: %w", k/len(c.Devices)+1, d.device.ID, err)
						stop()
					}
					return
				}
				out.Acked[k] = true
				latency[i] = append(latency[i], time.Since(due))
			}
		})
	}
	wg.Wait()
	out.LastAck = time.Now()
	out.Took = out.LastAck.Sub(start)
	out.Latency, out.Retried = slices.Concat(latency...), retried.Load()
	slices.Sort(out.Latency)
	return out, errors.Join(errs...)
}

// phone is one device and its connection. It speaks just the HTTP that it needs, so that the generator leaves the machine to the server.
type phone struct {
	city    *City
	device  Device
	addr    string
	conn    net.Conn
	in      *bufio.Reader
	body    []byte
	request []byte
	retried *atomic.Int64
}

// TubeCode is the label of tube i of batch k.
func TubeCode(k, i int) string { return "L" + strconv.Itoa(k) + "-" + strconv.Itoa(i) }

// write makes batch k as the device's request.
func (p *phone) write(k, seq int) {
	at := time.Now().UTC().Add(-time.Second).Format("2006-01-02T15:04:05.000Z")
	b := p.body[:0]
	b = fmt.Appendf(b, `{"device":%d,"seq":%d,"round":%d,"site":%d,"tubes":[`, p.device.ID, seq, p.city.Round, p.city.Sites[k*PerTube*PerBatch/community])
	for i := range PerBatch {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"code":"`...)
		b = append(b, TubeCode(k, i)...)
		b = append(b, `","closed_at":"`...)
		b = append(b, at...)
		b = append(b, `","members":[`...)
		for j := range PerTube {
			if j > 0 {
				b = append(b, ',')
			}
			b = append(b, `{"person":"`...)
			b = append(b, p.city.Code(p.city.Person((k*PerBatch+i)*PerTube+j))...)
			b = append(b, `","at":"`...)
			b = append(b, at...)
			b = append(b, `"}`...)
		}
		b = append(b, `]}`...)
	}
	p.body = append(b, `]}`...)
	p.wrap()
}

// wrap makes the request around the body.
func (p *phone) wrap() {
	p.request = fmt.Appendf(p.request[:0], "POST /capture/v1/batches HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", p.addr, p.device.Key, len(p.body))
	p.request = append(p.request, p.body...)
}

// send sends the request until it is acknowledged or refused.
func (p *phone) send(ctx context.Context) error {
	for {
		status, body, err := p.once(ctx)
		wait := time.Duration(rand.Int64N(int64(300 * time.Millisecond)))
		switch {
		case err != nil: // the server is gone for a while
			p.hangUp()
		case status == 200:
			return nil
		case status == 503 || status == 500:
			wait += 500 * time.Millisecond
		default:
			return fmt.Errorf("refused with %d: %s", status, body)
		}
		p.retried.Add(1)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}

func (p *phone) once(ctx context.Context) (status int, body []byte, err error) {
	if p.conn == nil {
		var d net.Dialer
		if p.conn, err = d.DialContext(ctx, "tcp", p.addr); err != nil {
			return 0, nil, err
		}
		p.in = bufio.NewReaderSize(p.conn, 4096)
	}
	if err := p.conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		return 0, nil, err
	}
	if _, err := p.conn.Write(p.request); err != nil {
		return 0, nil, err
	}
	line, err := p.in.ReadSlice('\n')
	if err != nil {
		return 0, nil, err
	}
	if len(line) < 12 {
		return 0, nil, fmt.Errorf("answered %q", line)
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, nil, fmt.Errorf("answered %q", line)
	}
	length := 0
	for {
		if line, err = p.in.ReadSlice('\n'); err != nil {
			return 0, nil, err
		}
		if line = bytes.TrimSpace(line); len(line) == 0 {
			break
		}
		if v, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(v)); err != nil {
				return 0, nil, err
			}
		}
	}
	body = make([]byte, length)
	_, err = io.ReadFull(p.in, body)
	return status, body, err
}

func (p *phone) hangUp() {
	if p.conn != nil {
		_ = p.conn.Close() // nothing is lost: what was not answered is sent again
		p.conn = nil
	}
}
