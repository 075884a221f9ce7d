package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"firebreak/internal/deskload"
	"firebreak/internal/store"
)

type benchLookupCmd struct {
	loadFlags
	People int           `default:"1000000" placeholder:"N" help:"People of the city; everybody is in a tube, 94 of 100 with a negative result."`
	Rate   string        `default:"max" placeholder:"R" help:"Look-ups a second over all connections, whatever the server's answers take; max asks as fast as each connection gets its answers."`
	Conns  int           `default:"200" placeholder:"C" help:"Connections that are kept open, each with one look-up at a time."`
	For    time.Duration `default:"20s" placeholder:"TIME" help:"How long each part lasts."`
}

// Help is shown below the flags.
func (benchLookupCmd) Help() string {
	return "Makes a city whose tubes are examined, starts firebreak serve on it in a second process, and has a crowd in a third, which stands back for both, look its results up at the public address: as fast as it can (limit_per_s); at --rate; then at --rate while " +
		"200 devices send 1,000 samples a second; then at twice the limit while they send. The time of an answer counts from when its question was due. Each answer is compared with what is so. The exit code is 1 when one was wrong."
}

// lookups is what one part of the run reached.
type lookups struct {
	Offered   float64   `json:"offered_per_s,omitempty"` // 0: as fast as answers came
	PerS      float64   `json:"lookups_per_s"`
	MS        quantiles `json:"ms"`
	Shed      int64     `json:"shed"`
	Unsent    int64     `json:"unsent"`
	Wrong     int64     `json:"wrong"`
	AckMS     quantiles `json:"capture_ack_ms,omitzero"`
	ServerCPU float64   `json:"server_cpus"` // processors that the server used
	LoadCPU   float64   `json:"load_cpus"`   // and the crowd
}

// lookupReport is the result.
type lookupReport struct {
	Engine      string `json:"engine"`
	People      int    `json:"people"`
	Connections int    `json:"connections"`
	Rate        string `json:"rate"`
	Cores       int    `json:"cores"`
	Go          string `json:"go"`
	lookups
	Limit      float64   `json:"limit_per_s"`
	ReadyIn    float64   `json:"ready_s"` // from the server's start until it answered
	Idle       quantiles `json:"capture_idle_ack_ms"`
	Beside     lookups   `json:"beside_capture"`
	Twice      lookups   `json:"twice_the_limit_beside_capture"`
	PeakMemory int64     `json:"peak_rss_bytes"` // of the server
}

// What devices send beside the crowd.
const (
	captureRate    = 1000 // samples a second
	captureDevices = 200
)

// Run makes the city and measures.
func (c *benchLookupCmd) Run(ctx context.Context, p *process) error {
	rate, err := perSecond(c.Rate, "look-ups")
	if err != nil {
		return err
	}
	batches := int(captureRate*c.For.Seconds())/(deskload.PerTube*deskload.PerBatch)/captureDevices*captureDevices + captureDevices
	if c.Conns < 1 || c.For < time.Second || c.People < 3*batches*deskload.PerTube*deskload.PerBatch {
		return misused(fmt.Errorf("a run has at least one connection, lasts a second, and in this time %d people are sampled", 3*batches*deskload.PerTube*deskload.PerBatch))
	}
	return c.in(p, func(l load) error { return c.run(ctx, p, l, rate, batches) })
}

func (c *benchLookupCmd) run(ctx context.Context, p *process, l load, rate float64, batches int) error {
	report := lookupReport{People: c.People, Connections: c.Conns, Rate: c.Rate, Cores: runtime.GOMAXPROCS(0), Go: runtime.Version()}
	city, err := l.city(ctx, p, c.People, captureDevices, func(db *store.DB, city *deskload.City) error {
		report.Engine = db.Engine()
		return city.Examine(ctx, db)
	})
	if err != nil {
		return err
	}
	began := time.Now()
	s, err := startServer(p, l.Options, "127.0.0.1:0", l.key, "--public-listen", "127.0.0.1:0")
	if err != nil {
		return err
	}
	b := lookupBench{city: city, codes: city.Codes(), server: s, part: c.For, conns: c.Conns, batches: batches}
	if report.ReadyIn, err = b.ready(ctx, began); err == nil {
		err = b.run(ctx, rate, &report)
	}
	if err := errors.Join(err, s.stop()); err != nil {
		return err
	}
	report.PeakMemory = s.cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss * 1024
	if c.JSON {
		err = p.writeJSON(report)
	} else {
		err = report.write(p.Stdout)
	}
	if n := report.Wrong + report.Beside.Wrong + report.Twice.Wrong; n > 0 {
		err = errors.Join(err, fmt.Errorf("%d answers were wrong", n))
	}
	return err
}

type lookupBench struct {
	city    *deskload.City
	codes   []byte // of everybody
	server  *serverProcess
	part    time.Duration
	conns   int
	batches int // that devices send in one part
	sent    int
}

// ready waits until the server has read everything.
func (b *lookupBench) ready(ctx context.Context, began time.Time) (float64, error) {
	for {
		got, err := deskload.Crowd{Codes: b.codes, Addr: b.server.public, Conns: 1, For: time.Millisecond}.Ask(ctx)
		if err != nil || got.Answered > 0 {
			return time.Since(began).Seconds(), err
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (b *lookupBench) run(ctx context.Context, rate float64, report *lookupReport) error {
	most, err := b.ask(ctx, 0, false)
	if err != nil {
		return err
	}
	report.Limit, report.lookups = most.PerS, most
	if rate > 0 {
		if report.lookups, err = b.ask(ctx, rate, false); err != nil {
			return err
		}
	}
	idle, err := b.capture(ctx)
	if err != nil {
		return err
	}
	report.Idle = quantilesOf(idle.Quantile)
	if report.Beside, err = b.ask(ctx, rate, true); err != nil {
		return err
	}
	report.Twice, err = b.ask(ctx, 2*report.Limit, true)
	return err
}

// capture has devices send for the time of one part.
func (b *lookupBench) capture(ctx context.Context) (*deskload.Result, error) {
	from := b.sent
	b.sent += b.batches
	return b.city.Drive(ctx, deskload.Spec{Addr: b.server.addr, Rate: captureRate, From: from, To: b.sent})
}

// ask has a crowd ask for the time of one part; beside says that devices send meanwhile.
func (b *lookupBench) ask(ctx context.Context, rate float64, beside bool) (out lookups, err error) {
	type sent struct {
		*deskload.Result
		err error
	}
	done := make(chan sent, 1)
	sampled := b.sent > 0 || beside
	if beside {
		go func() {
			r, err := b.capture(ctx)
			done <- sent{r, err}
		}()
	}
	before := b.server.cpu()
	got, used, err := askApart(ctx, deskload.Crowd{Codes: b.codes, Addr: b.server.public, Conns: b.conns, Rate: rate, For: b.part, Sampled: sampled})
	if err == nil {
		out = lookups{Offered: rate, PerS: float64(got.Answered) / got.Took.Seconds(), MS: quantilesOf(got.Quantile), Shed: got.Shed, Unsent: got.Unsent, Wrong: got.Wrong,
			ServerCPU: (b.server.cpu() - before).Seconds() / got.Took.Seconds(), LoadCPU: used.Seconds() / got.Took.Seconds()}
	}
	if beside {
		r := <-done
		if err = errors.Join(err, r.err); err == nil {
			out.AckMS = quantilesOf(r.Quantile)
		}
	}
	return out, err
}

// cpu is how much processor time the server has used; 0 where the system does not tell.
func (s *serverProcess) cpu() time.Duration {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(b), ") ")
	f := strings.Fields(rest)
	if len(f) < 13 {
		return 0
	}
	user, _ := strconv.ParseInt(f[11], 10, 64)
	system, _ := strconv.ParseInt(f[12], 10, 64)
	return time.Duration(user+system) * 10 * time.Millisecond // a hundred ticks a second
}

func (r *lookupReport) write(w io.Writer) error {
	t := newTable("what", "look-ups/s", "p50 ms", "p99 ms", "p99.9 ms", "turned away", "not sent", "capture p99 ms")
	for i := 1; i < 8; i++ {
		t.alignRight(i)
	}
	n := func(v float64) string { return strconv.FormatFloat(math.Round(v), 'f', 0, 64) }
	ms := func(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }
	row := func(what string, l lookups) {
		t.add(what, n(l.PerS), ms(l.MS.P50), ms(l.MS.P99), ms(l.MS.P999), strconv.FormatInt(l.Shed, 10), strconv.FormatInt(l.Unsent, 10), ms(l.AckMS.P99))
	}
	row("alone, "+r.Rate+" offered", r.lookups)
	t.add("capture alone", "", "", "", "", "", "", ms(r.Idle.P99))
	row("beside capture, "+r.Rate+" offered", r.Beside)
	row("beside capture, "+n(2*r.Limit)+" offered", r.Twice)
	return t.write(w)
}
