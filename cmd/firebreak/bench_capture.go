package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"firebreak/internal/deskload"
	"firebreak/internal/store"
	"firebreak/internal/vault"
)

type benchCaptureCmd struct {
	loadFlags
	People  int    `default:"1000000" placeholder:"N" help:"People of the city; each is sampled once, in tubes of ten and batches of five tubes."`
	Rate    string `default:"max" placeholder:"R" help:"Samples a second over all devices, whatever the server's answers take; max sends as fast as each device gets its answers."`
	Devices int    `default:"200" placeholder:"D" help:"Devices that are connected at a time."`
	Known   int    `placeholder:"K" help:"Devices that are enrolled and send, in turn; a multiple of those connected at a time. By default the same number."`
}

// Help is shown below the flags.
func (benchCaptureCmd) Help() string {
	return "Makes a city, starts firebreak serve on it in a second process, and has devices send batches to it over HTTP. Afterwards it stops the server and compares every sample in the store with what was " +
		"acknowledged. engine_limit_samples_per_s is what plain batched inserts of the same tubes reach with the same durability, in the same run. With a rate, the time of an answer counts from when its batch was due, " +
		"so that a server that stalls is not spared. The exit code is 1 when a sample was lost, doubled or changed."
}

// captureReport is the result.
type captureReport struct {
	Engine      string    `json:"engine"`
	People      int       `json:"people"`
	Devices     int       `json:"devices"`
	Known       int       `json:"devices_known"`
	Rate        string    `json:"rate"`
	Cores       int       `json:"cores"`
	Go          string    `json:"go"`
	SamplesPerS float64   `json:"samples_per_s"`
	TubesPerS   float64   `json:"tubes_per_s"`
	AckMS       quantiles `json:"ack_ms"`
	Retried     int64     `json:"retried"`
	ProjectedIn float64   `json:"projected_s"`    // from the last acknowledgement until the last tube was in the tables
	CPU         float64   `json:"cpu_s"`          // of the server, without the database's own processes
	LoadCPU     float64   `json:"load_cpu_s"`     // of the devices
	PeakMemory  int64     `json:"peak_rss_bytes"` // of the server
	Written     int64     `json:"bytes_written"`  // to the disk by the server; on PostgreSQL, its write-ahead log
	Size        int64     `json:"database_bytes"` // what the samples added
	deskload.Counts
	EngineLimit float64 `json:"engine_limit_samples_per_s"`
}

// Run makes the city, measures, and counts.
func (c *benchCaptureCmd) Run(ctx context.Context, p *process) (err error) {
	rate, err := perSecond(c.Rate, "samples")
	if err != nil {
		return err
	}
	if c.Known == 0 {
		c.Known = c.Devices
	}
	if c.Devices < 1 || c.Known%c.Devices != 0 {
		return misused(fmt.Errorf("--known %d: is no multiple of --devices %d", c.Known, c.Devices))
	}
	return c.in(p, func(l load) error { return c.run(ctx, p, l, rate) })
}

func (c *benchCaptureCmd) run(ctx context.Context, p *process, l load, rate float64) (err error) {
	o := l.Options
	city, err := l.city(ctx, p, c.People, max(c.Known, c.Devices), func(*store.DB, *deskload.City) error { return nil })
	if err != nil {
		return err
	}
	report := captureReport{People: city.Size, Devices: c.Devices, Known: c.Known, Rate: c.Rate, Cores: runtime.GOMAXPROCS(0), Go: runtime.Version()}
	report.Size -= databaseSize(ctx, o)
	s, err := startServer(p, o, "127.0.0.1:0", l.key)
	if err != nil {
		return err
	}
	wal := walWritten(ctx, o)
	before := cpuOf(syscall.RUSAGE_SELF)
	res, err := city.Drive(ctx, deskload.Spec{Addr: s.addr, Rate: rate, Connected: c.Devices})
	report.LoadCPU = (cpuOf(syscall.RUSAGE_SELF) - before).Seconds()
	if err != nil {
		return errors.Join(err, s.stop())
	}
	if report.ProjectedIn, err = awaitProjection(ctx, o, res.LastAck); err != nil {
		return errors.Join(err, s.stop())
	}
	report.Written = s.written()
	if err := s.stop(); err != nil {
		return err
	}
	if o.URL != "" {
		report.Written = walWritten(ctx, o) - wal
	}
	usage := s.cmd.ProcessState.SysUsage().(*syscall.Rusage)
	report.CPU, report.PeakMemory = (s.cmd.ProcessState.UserTime() + s.cmd.ProcessState.SystemTime()).Seconds(), usage.Maxrss*1024
	report.Size += databaseSize(ctx, o)
	samples := float64(len(res.Latency) * deskload.PerTube * deskload.PerBatch)
	report.SamplesPerS, report.TubesPerS, report.Retried = samples/res.Took.Seconds(), samples/deskload.PerTube/res.Took.Seconds(), res.Retried
	report.AckMS = quantilesOf(res.Quantile)
	db, err := store.Open(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	report.Engine = db.Engine()
	if report.Counts, err = city.Count(ctx, db, res.Acked); err != nil {
		return err
	}
	if report.EngineLimit, err = db.TubeInsertLimit(ctx, o.Dir); err != nil {
		return err
	}
	if c.JSON {
		err = p.writeJSON(report)
	} else {
		err = report.write(p.Stdout)
	}
	if n := report.Lost + report.Doubled + report.Wrong; n > 0 {
		err = errors.Join(err, fmt.Errorf("%d samples were lost, doubled or changed", n))
	}
	return err
}

func (r *captureReport) write(w io.Writer) error {
	t := newTable("what", "figure")
	t.alignRight(1)
	n := func(v float64) string { return strconv.FormatFloat(math.Round(v), 'f', 0, 64) }
	t.add("engine", r.Engine)
	t.add("samples a second, acknowledged", n(r.SamplesPerS))
	t.add("plain inserts of the same tubes, samples a second", n(r.EngineLimit))
	t.add("answer, ms, p50 / p99 / p99.9", fmt.Sprintf("%.1f / %.1f / %.1f", r.AckMS.P50, r.AckMS.P99, r.AckMS.P999))
	t.add("in the tables, s after the last answer", fmt.Sprintf("%.2f", r.ProjectedIn))
	t.add("server's processor time, s", fmt.Sprintf("%.1f", r.CPU))
	t.add("server's peak memory, MiB", n(float64(r.PeakMemory)/(1<<20)))
	t.add("written, bytes a sample", n(float64(r.Written)/float64(max(1, r.Stored))))
	t.add("kept, bytes a sample", n(float64(r.Size)/float64(max(1, r.Stored))))
	t.add("samples acknowledged / stored", fmt.Sprintf("%d / %d", r.Acked, r.Stored))
	t.add("lost / doubled / changed", fmt.Sprintf("%d / %d / %d", r.Lost, r.Doubled, r.Wrong))
	return t.write(w)
}

// serverProcess is firebreak serve in a process of its own.
type serverProcess struct {
	cmd    *exec.Cmd
	addr   string
	public string // of the public site, where it has one of its own
	log    *strings.Builder
}

var (
	servesAt = regexp.MustCompile(`^firebreak serves http://([0-9.]+:[0-9]+) `)
	publicAt = regexp.MustCompile(`^the public site is at ([0-9.]+:[0-9]+)$`)
)

// startServer starts this program again as a server, and returns when it listens.
func startServer(p *process, o store.Options, listen string, key vault.MasterKey, more ...string) (*serverProcess, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	s := &serverProcess{log: &strings.Builder{}}
	s.cmd = &exec.Cmd{Path: self, Args: append([]string{"firebreak", "serve", "--data", o.Dir, "--listen", listen}, more...), Stderr: s.log,
		Env: append(os.Environ(), masterKeyVar+"="+key.Text(), "FIREBREAK_DB="+o.URL)}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the server: %w", err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if m := publicAt.FindStringSubmatch(lines.Text()); m != nil {
			s.public = m[1]
		}
		if m := servesAt.FindStringSubmatch(lines.Text()); m != nil {
			s.addr = m[1]
			go func() {
				for lines.Scan() { // what else it says is read, so that it need not wait
					continue
				}
			}()
			return s, nil
		}
	}
	return nil, fmt.Errorf("the server did not start: %w; it said: %s", s.cmd.Wait(), s.log)
}

// stop ends the server as an operator does, and waits for it.
func (s *serverProcess) stop() error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("stop the server: %w", err)
	}
	if err := s.cmd.Wait(); err != nil {
		return fmt.Errorf("the server ended with %w; it said: %s", err, s.log)
	}
	return nil
}

// written is how many bytes the server has had written to the disk; 0 where the system does not tell.
func (s *serverProcess) written() int64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/io", s.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(b), "\nwrite_bytes: ")
	line, _, _ := strings.Cut(rest, "\n")
	n, _ := strconv.ParseInt(line, 10, 64)
	return n
}

func cpuOf(who int) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(who, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// awaitProjection waits until nothing waits in the intake, and returns how many seconds after since that was.
func awaitProjection(ctx context.Context, o store.Options, since time.Time) (float64, error) {
	db, err := store.OpenBeside(ctx, o)
	if err != nil {
		return 0, err
	}
	defer db.Close() //nolint:errcheck // only read
	for {
		n, err := db.IntakeBacklog(ctx)
		if err != nil || n == 0 {
			return time.Since(since).Seconds(), err
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func databaseSize(ctx context.Context, o store.Options) int64 {
	n, err := store.Size(ctx, o)
	if err != nil {
		return 0 // it is left out of the report
	}
	return n
}

func walWritten(ctx context.Context, o store.Options) int64 {
	n, err := store.WALWritten(ctx, o)
	if err != nil {
		return 0
	}
	return n
}
