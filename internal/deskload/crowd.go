package deskload

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"

	"firebreak/internal/journal"
	"firebreak/internal/lab"
	"firebreak/internal/screening"
	"firebreak/internal/store"
)

// states are what the members of the tubes that Examine makes are told, one of each hundred tubes after the other: most are negative.
var states = [100]string{3: "checked", 40: "again", 41: "again", 70: "awaited", 71: "awaited", 72: "awaited"}

// outcome is what tube i of Examine became, and what its members are told.
func outcome(i int) (lab.TubeResult, string) {
	switch s := states[i%len(states)]; s {
	case "checked":
		return lab.TubePositive, s
	case "again":
		return lab.TubeInvalid, s
	case "awaited":
		return lab.TubeAwaited, s
	}
	return lab.TubeNegative, "negative"
}

// Examine puts everybody of the city in a tube that a laboratory has examined, straight into the store.
func (c *City) Examine(ctx context.Context, db *store.DB) error {
	const at = 2000 // tubes a change
	now := db.Now()
	closed, resulted := now.Add(-6*time.Hour), now.Add(-time.Hour)
	tubes := c.Size / PerTube
	for first := 0; first < tubes; first += at {
		list := make([]store.Tube, min(at, tubes-first))
		for i := range list {
			n := first + i
			members := make([]screening.Sampled, PerTube)
			for j := range members {
				members[j] = screening.Sampled{Person: c.Person(n*PerTube + j), At: closed.Add(-time.Duration(PerTube-j) * time.Minute)}
			}
			list[i] = store.Tube{Outbreak: c.Outbreak, Round: c.Round, Site: c.Sites[n*PerTube/community], Device: c.Devices[0].ID, Code: "R" + strconv.Itoa(n), Kind: screening.Pool,
				People: PerTube, Members: screening.PackMembers(members, closed), ClosedAt: closed, ReceivedAt: closed}
			if list[i].Result, _ = outcome(n); list[i].Result != lab.TubeAwaited {
				list[i].ResultAt = resulted
			}
		}
		err := db.Update(ctx, func(tx *store.Tx) error {
			ref, err := tx.Append(journal.Entry{Kind: journal.TubesRegistered, Outbreak: c.Outbreak, Subject: store.RoundSubject(c.Round)})
			if err != nil {
				return err
			}
			for i := range list {
				list[i].Changed = ref.Seq
			}
			return tx.AddTubes(list)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// codeLength is how long a person's code is, as it is printed.
const codeLength = len("00000-00000")

// Crowd says how people ask for their results. Another process can be given one.
type Crowd struct {
	Codes []byte // everybody's code, one after the other in the order of the city
	Addr  string
	Conns int           // connections that are kept open, each with one question at a time: as a proxy before the server, or a content network, keeps them
	Rate  float64       // look-ups a second over all connections, whatever the answers take; 0 is as fast as each gets its answers
	For   time.Duration // for how long
	// Sampled says that devices send samples of the same people meanwhile: then whoever is asked for may be awaiting a result again.
	Sampled bool
}

// Asked is what the crowd saw.
type Asked struct {
	Took     time.Duration
	Answered int64           // with a result
	Shed     int64           // turned away: 503, and when to come again
	Unsent   int64           // not sent, because its connection was still waiting for an answer a second after it was due
	Wrong    int64           // answered with something else than what is so
	Latency  []time.Duration // of each answer with a result, sorted: from when its question was due
}

// Quantile of the latencies; 0 where there are none.
func (a *Asked) Quantile(q float64) time.Duration {
	return (&Result{Latency: a.Latency}).Quantile(q)
}

// giveUp is how late a question may be sent.
const giveUp = time.Second

// Codes are everybody's codes, for a Crowd.
func (c *City) Codes() []byte {
	out := make([]byte, 0, c.Size*codeLength)
	for i := range c.Size {
		out = append(out, c.Code(c.Person(i))...)
	}
	return out
}

// Ask asks until the time is over.
func (w Crowd) Ask(ctx context.Context) (*Asked, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	parts, errs := make([]Asked, w.Conns), make([]error, w.Conns)
	start := time.Now().Add(50 * time.Millisecond)
	var wg sync.WaitGroup
	for i := range w.Conns {
		wg.Go(func() {
			if errs[i] = w.askOn(ctx, i, start, &parts[i]); errs[i] != nil {
				stop()
			}
		})
	}
	wg.Wait()
	out := &Asked{Took: time.Since(start)}
	for i := range parts {
		p := &parts[i]
		out.Answered, out.Shed, out.Unsent, out.Wrong = out.Answered+p.Answered, out.Shed+p.Shed, out.Unsent+p.Unsent, out.Wrong+p.Wrong
		out.Latency = append(out.Latency, p.Latency...)
	}
	slices.Sort(out.Latency)
	return out, errors.Join(errs...)
}

// askOn asks on one connection.
func (w Crowd) askOn(ctx context.Context, i int, start time.Time, out *Asked) error {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", w.Addr)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // nothing more is asked
	in := bufio.NewReaderSize(conn, 4096)
	rnd := rand.New(rand.NewPCG(uint64(i), 2022)) //nolint:gosec // whose turn it is need not be secret
	head := fmt.Sprintf("POST /public/v1/result HTTP/1.1\r\nHost: %s\r\nUser-Agent: Mozilla/5.0 (Linux; Android 10) AppleWebKit/537.36\r\nAccept: application/json\r\nAccept-Language: zh-CN,zh;q=0.9\r\n"+
		"Content-Type: application/json\r\nContent-Length: 22\r\n\r\n", w.Addr)
	request := append([]byte(head), `{"code":"00000-00000"}`...)
	code := request[len(request)-13 : len(request)-2]
	if err := conn.SetDeadline(time.Now().Add(w.For + 30*time.Second)); err != nil {
		return err
	}
	end := start.Add(w.For)
	for k := i; ctx.Err() == nil; k += w.Conns {
		due := time.Now()
		if w.Rate > 0 {
			due = start.Add(time.Duration(float64(k) / w.Rate * float64(time.Second)))
			wait := time.Until(due)
			if wait < -giveUp {
				if out.Unsent++; !due.Before(end) {
					return nil
				}
				continue
			}
			time.Sleep(wait)
		}
		if !due.Before(end) || w.Rate > 0 && time.Since(end) > giveUp {
			return nil
		}
		n := rnd.IntN(len(w.Codes) / codeLength)
		copy(code, w.Codes[n*codeLength:])
		if _, err := conn.Write(request); err != nil {
			return err
		}
		status, state, err := readState(in)
		switch {
		case err != nil:
			return err
		case status == 503:
			out.Shed++
			continue
		case status != 200:
			return fmt.Errorf("a code was answered with %d", status)
		}
		out.Answered++
		if _, want := outcome(n / PerTube); state != want && (!w.Sampled || state != "awaited") {
			out.Wrong++
		}
		out.Latency = append(out.Latency, time.Since(due))
	}
	return nil
}

// readState reads an answer.
func readState(in *bufio.Reader) (status int, state string, err error) {
	length := -1
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return 0, "", err
		}
		line = bytes.TrimSpace(line)
		switch {
		case status == 0:
			if len(line) < 12 {
				return 0, "", fmt.Errorf("answered %q", line)
			}
			if status, err = strconv.Atoi(string(line[9:12])); err != nil {
				return 0, "", fmt.Errorf("answered %q", line)
			}
			continue
		case len(line) > 0:
			if v, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
				if length, err = strconv.Atoi(string(v)); err != nil {
					return 0, "", fmt.Errorf("answered %q", line)
				}
			}
			continue
		}
		break
	}
	body, err := in.Peek(length)
	if err != nil {
		return 0, "", err
	}
	if b, ok := bytes.CutPrefix(body, []byte(`{"state":"`)); ok {
		b, _, _ = bytes.Cut(b, []byte(`"`))
		state = string(b)
	}
	_, err = in.Discard(length)
	return status, state, err
}
