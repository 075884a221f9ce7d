package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"time"

	"firebreak/internal/account"
	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/deskload"
	"firebreak/internal/store"
)

type benchRoundCmd struct {
	loadFlags
	People   int     `default:"1000000" placeholder:"N" help:"People of the city, in communities of 2,500."`
	Devices  int     `default:"2000" placeholder:"D" help:"Devices that are connected at a time."`
	Infected float64 `default:"65" placeholder:"R" help:"Infected people a million, found wherever they were sampled: Laixi's fourth round had 65."`
	Seed     uint64  `default:"1" help:"Chooses who is infected."`
}

// Help is shown below the flags.
func (benchRoundCmd) Help() string {
	return "Plays a whole round against a server in a second process, through the addresses that phones, laboratories and coordinators use: of every 33 batches 32 are sampled, a laboratory reports every tube, whoever shared a tube with " +
		"an infected person is sampled again alone, and the laboratory reports those. Then it asks who is missing, area after area, and checks every count. The exit code is 1 when one does not reconcile."
}

// roundReport is the result.
type roundReport struct {
	Engine  string `json:"engine"`
	People  int    `json:"people"`
	Devices int    `json:"devices"`
	Cores   int    `json:"cores"`
	Go      string `json:"go"`

	CaptureS   float64 `json:"capture_s"`
	SamplesPer float64 `json:"samples_per_s"`
	ResultsS   float64 `json:"results_s"`
	TubesPerS  float64 `json:"tube_results_per_s"`
	AgainS     float64 `json:"sampled_again_s"` // members of positive tubes sampled alone, and their results reported

	Tubes    int `json:"tubes"`
	Positive int `json:"positive_tubes"`
	Held     int `json:"held"`
	Cases    int `json:"cases"`

	CityMS    quantiles `json:"city_total_ms"`     // how far the whole city has come, over HTTP
	MissingMS quantiles `json:"who_is_missing_ms"` // the first hundred who are missing in a community or a district, over HTTP

	PeakMemory  int64   `json:"peak_rss_bytes"`
	MemoryAfter int64   `json:"rss_bytes"` // when all is done
	Size        int64   `json:"database_bytes"`
	PerMillion  float64 `json:"database_bytes_per_million_samples"`
	CPU         float64 `json:"cpu_s"` // of the server

	Unreconciled []string `json:"unreconciled"`
}

// roundBench is a round under way.
type roundBench struct {
	city   *deskload.City
	server *serverProcess
	token  string
	client http.Client
	report *roundReport
}

// Every skipped-th batch is not sampled.
const skipped = 33

// labCode names the laboratory that reads everything.
const labCode = "LAB"

const casesPath = "cases?limit=1000"

// Run plays the round and checks what came of it.
func (c *benchRoundCmd) Run(ctx context.Context, p *process) error {
	return c.in(p, func(l load) error { return c.run(ctx, p, l) })
}

func (c *benchRoundCmd) run(ctx context.Context, p *process, l load) (err error) {
	o := l.Options
	report := roundReport{People: c.People, Devices: c.Devices, Cores: runtime.GOMAXPROCS(0), Go: runtime.Version(), Unreconciled: []string{}}
	b := roundBench{report: &report}
	b.city, err = l.city(ctx, p, c.People, c.Devices, func(db *store.DB, city *deskload.City) (err error) {
		report.Engine = db.Engine()
		b.token, err = coordinator(ctx, db)
		return err
	})
	if err != nil {
		return err
	}
	report.People = b.city.Size
	before := databaseSize(ctx, o)
	if b.server, err = startServer(p, o, "127.0.0.1:0", l.key); err != nil {
		return err
	}
	err = b.play(ctx, p, o, c.Infected, c.Seed)
	report.MemoryAfter = b.server.resident()
	if err := errors.Join(err, b.server.stop()); err != nil {
		return err
	}
	state := b.server.cmd.ProcessState
	report.PeakMemory, report.CPU = state.SysUsage().(*syscall.Rusage).Maxrss*1024, (state.UserTime() + state.SystemTime()).Seconds()
	report.Size = databaseSize(ctx, o) - before
	report.PerMillion = float64(report.Size) / float64(report.Tubes*deskload.PerTube) * 1e6
	if c.JSON {
		err = p.writeJSON(report)
	} else {
		err = report.write(p.Stdout)
	}
	if n := len(report.Unreconciled); n > 0 {
		err = errors.Join(err, fmt.Errorf("%d counts do not reconcile", n))
	}
	return err
}

// coordinator makes an account that may plan rounds and report results, and returns a token of it.
func coordinator(ctx context.Context, db *store.DB) (string, error) {
	accounts, err := account.New(account.Options{DB: db})
	if err != nil {
		return "", err
	}
	tree, err := db.Tree(ctx)
	if err != nil {
		return "", err
	}
	top, _ := tree.ByCode("1")
	_, err = command.New(db, nil).AddLaboratories(ctx, command.Owner("bench"), command.AddLaboratories{Outbreak: deskload.Name, Laboratories: []command.LaboratoryFields{{Code: labCode, Area: "1", PerHour: 74_000, Turnaround: 5 * time.Hour}}})
	if err != nil {
		return "", err
	}
	u, err := accounts.OperatorAdd(ctx, account.NewUser{Login: "bench", Title: "bench", Area: top.ID, Password: auth.MadePassword("bench")}, []auth.Grant{
		{Role: auth.RoleScreeningCoordinator, Area: top.ID}, {Role: auth.RoleLaboratory, Area: top.ID}, {Role: auth.RoleEpidemiologist, Area: top.ID}})
	if err != nil {
		return "", err
	}
	secret, _, err := accounts.IssueToken(ctx, u.Actor(), "bench", []auth.Action{auth.ScreeningRead, auth.ResultWrite, auth.SampleRead, auth.CaseRead}, db.Now().Add(24*time.Hour))
	return secret.Reveal(), err
}

// play goes through the round.
func (b *roundBench) play(ctx context.Context, p *process, o store.Options, perMillion float64, seed uint64) error {
	r := b.report
	sampled, err := b.city.Drive(ctx, deskload.Spec{Addr: b.server.addr, Skip: skipped})
	if err != nil {
		return err
	}
	if _, err := awaitProjection(ctx, o, sampled.LastAck); err != nil {
		return err
	}
	batches := 0
	for _, ok := range sampled.Acked {
		if ok {
			batches++
		}
	}
	r.Tubes = batches * deskload.PerBatch
	r.CaptureS, r.SamplesPer = sampled.Took.Seconds(), float64(r.Tubes*deskload.PerTube)/sampled.Took.Seconds()

	infected := slices.DeleteFunc(b.city.Infected(perMillion, seed), func(i int) bool { _, k := b.city.Tube(i); return !sampled.Acked[k] })
	ill, positive := map[int]bool{}, map[string]int{} // tube -> its first member
	for _, i := range infected {
		code, _ := b.city.Tube(i)
		ill[i], positive[code] = true, i/deskload.PerTube*deskload.PerTube
	}
	r.Positive, r.Held = len(positive), len(positive)*deskload.PerTube
	start := time.Now()
	if err := b.reportTubes(ctx, p, sampled.Acked, positive); err != nil {
		return err
	}
	r.ResultsS = time.Since(start).Seconds()
	r.TubesPerS = float64(r.Tubes) / r.ResultsS

	start = time.Now()
	var again []int
	for _, first := range positive {
		for i := range deskload.PerTube {
			again = append(again, first+i)
		}
	}
	slices.Sort(again)
	if err := b.city.Again(ctx, b.server.addr, again); err != nil {
		return err
	}
	if _, err := awaitProjection(ctx, o, time.Now()); err != nil {
		return err
	}
	rows := make([]tubeResult, len(again))
	for n, i := range again {
		rows[n] = tubeResult{deskload.SingleCode(i), "negative"}
		if ill[i] {
			rows[n].Result = "positive"
		}
	}
	if err := b.tell(ctx, rows); err != nil {
		return err
	}
	r.AgainS = time.Since(start).Seconds()
	r.Cases = len(infected)
	return b.ask(ctx, infected)
}

// tubeResult is a row of a laboratory's list.
type tubeResult struct {
	Tube   string `json:"tube"`
	Result string `json:"result"`
}

// reportTubes reports every tube that was sampled.
func (b *roundBench) reportTubes(ctx context.Context, p *process, acked []bool, positive map[string]int) error {
	progress := p.progress("results", "tubes")
	defer progress.close()
	var rows []tubeResult
	for k, ok := range acked {
		if !ok {
			continue
		}
		for i := range deskload.PerBatch {
			row := tubeResult{deskload.TubeCode(k, i), "negative"}
			if _, ok := positive[row.Tube]; ok {
				row.Result = "positive"
			}
			rows = append(rows, row)
		}
	}
	for done := 0; done < len(rows); {
		end := min(done+5000, len(rows))
		if err := b.tell(ctx, rows[done:end]); err != nil {
			return err
		}
		done = end
		progress.set(int64(done), int64(len(rows)))
	}
	return nil
}

// tell reports results, and checks that every row is taken.
func (b *roundBench) tell(ctx context.Context, rows []tubeResult) error {
	for part := range slices.Chunk(rows, 5000) {
		body, err := json.Marshal(map[string]any{"rows": part})
		if err != nil {
			return err
		}
		var out command.TubesReported
		if _, err := b.call(ctx, http.MethodPost, "laboratories/"+labCode+"/tube-results", body, &out); err != nil {
			return err
		}
		if out.Rejected > 0 {
			return fmt.Errorf("a good result was rejected: %+v", out.Rejects[0])
		}
		b.check("results taken of a list", int64(out.New), int64(len(part)))
	}
	return nil
}

// call sends one request and returns how long its answer took. It waits where the server asks it to.
func (b *roundBench) call(ctx context.Context, method, path string, body []byte, out any) (time.Duration, error) {
	for {
		req, err := http.NewRequestWithContext(ctx, method, "http://"+b.server.addr+"/api/outbreaks/"+deskload.Name+"/"+path, bytes.NewReader(body))
		if err != nil {
			return 0, err
		}
		req.Header.Set("Authorization", "Bearer "+b.token)
		req.Header.Set("Firebreak-Purpose", "screening")
		if path == casesPath {
			req.Header.Set("Firebreak-Purpose", "case-investigation")
		}
		req.Header.Set("Content-Type", "application/json")
		start := time.Now()
		res, err := b.client.Do(req)
		if err != nil {
			return 0, err
		}
		text, err := io.ReadAll(res.Body)
		took := time.Since(start)
		if err := errors.Join(err, res.Body.Close()); err != nil {
			return 0, err
		}
		switch res.StatusCode {
		case http.StatusOK:
			return took, json.Unmarshal(text, out)
		case http.StatusTooManyRequests, http.StatusServiceUnavailable:
			time.Sleep(time.Second)
		default:
			return 0, fmt.Errorf("%s %s: %d %s", method, path, res.StatusCode, text)
		}
	}
}

// check notes a count that is not as it should be.
func (b *roundBench) check(what string, got, want int64) {
	if got != want {
		b.report.Unreconciled = append(b.report.Unreconciled, fmt.Sprintf("%s: %d, want %d", what, got, want))
	}
}

// counted is what the server says of a round.
type counted struct {
	Counts struct {
		Due     int64 `json:"due"`
		Sampled int64 `json:"sampled"`
		Exempt  int64 `json:"exempt"`
		Refused int64 `json:"refused"`
		Missing int64 `json:"missing"`
	} `json:"counts"`
}

// ask asks for the city and for areas, times the answers and checks the sums.
func (b *roundBench) ask(ctx context.Context, infected []int) error {
	r := b.report
	var city counted
	for city.Counts.Sampled < int64(r.Tubes*deskload.PerTube) { // it follows the tables a moment later
		if _, err := b.call(ctx, http.MethodGet, "rounds/1", nil, &city); err != nil {
			return err
		}
	}
	b.check("due", city.Counts.Due, int64(r.People))
	b.check("sampled", city.Counts.Sampled, int64(r.Tubes*deskload.PerTube))
	b.check("sampled, exempt, refused and missing", city.Counts.Sampled+city.Counts.Exempt+city.Counts.Refused+city.Counts.Missing, city.Counts.Due)
	var took []time.Duration
	for range 50 {
		d, err := b.call(ctx, http.MethodGet, "rounds/1", nil, &city)
		if err != nil {
			return err
		}
		took = append(took, d)
	}
	r.CityMS = quantilesOf((&deskload.Result{Latency: sorted(took)}).Quantile)
	took = took[:0]
	areas := b.city.Areas
	for n := range 200 {
		area := areas[n*len(areas)/200]
		var page struct {
			Missing int64      `json:"missing"`
			Items   []struct{} `json:"items"`
		}
		d, err := b.call(ctx, http.MethodGet, "rounds/1/missing?area="+area, nil, &page)
		if err != nil {
			return err
		}
		took = append(took, d)
		b.check("listed as missing in "+area, int64(len(page.Items)), min(page.Missing, 100))
	}
	r.MissingMS = quantilesOf((&deskload.Result{Latency: sorted(took)}).Quantile)
	var account struct {
		Tubes struct {
			Registered int64 `json:"registered"`
			Negative   int64 `json:"negative"`
			Positive   int64 `json:"positive"`
			NeverCame  int64 `json:"never_came"`
		} `json:"tubes"`
	}
	if _, err := b.call(ctx, http.MethodGet, "rounds/1/account", nil, &account); err != nil {
		return err
	}
	b.check("tubes registered", account.Tubes.Registered, int64(r.Tubes+r.Held))
	b.check("tubes positive", account.Tubes.Positive, int64(r.Positive+len(infected)))
	b.check("tubes negative", account.Tubes.Negative, int64(r.Tubes-r.Positive+r.Held-len(infected)))
	var cases struct {
		Total int64      `json:"total"`
		Items []struct{} `json:"items"`
	}
	if _, err := b.call(ctx, http.MethodGet, casesPath, nil, &cases); err != nil {
		return err
	}
	b.check("cases", int64(len(cases.Items)), int64(min(len(infected), 1000)))
	return nil
}

func sorted(list []time.Duration) []time.Duration {
	slices.Sort(list)
	return list
}

// resident is how much memory the server has now; 0 where the system does not tell.
func (s *serverProcess) resident() int64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", s.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	var all, pages int64
	if _, err := fmt.Sscan(string(b), &all, &pages); err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}

func (r *roundReport) write(w io.Writer) error {
	t := newTable("what", "figure")
	t.alignRight(1)
	n := func(v int) string { return strconv.Itoa(v) }
	f := func(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }
	mib := func(v int64) string { return f(float64(v) / (1 << 20)) }
	t.add("engine", r.Engine)
	t.add("people", n(r.People))
	t.add("tubes / positive / held / cases", fmt.Sprintf("%d / %d / %d / %d", r.Tubes, r.Positive, r.Held, r.Cases))
	t.add("sampling, s", f(r.CaptureS))
	t.add("samples a second", f(r.SamplesPer))
	t.add("results, s", f(r.ResultsS))
	t.add("tube results a second", f(r.TubesPerS))
	t.add("sampling again and its results, s", f(r.AgainS))
	t.add("the city's total, ms, p50 / p99", f(r.CityMS.P50)+" / "+f(r.CityMS.P99))
	t.add("who is missing in an area, ms, p50 / p99", f(r.MissingMS.P50)+" / "+f(r.MissingMS.P99))
	t.add("server's memory, MiB, peak / at the end", mib(r.PeakMemory)+" / "+mib(r.MemoryAfter))
	t.add("database, MiB a million samples", mib(int64(r.PerMillion)))
	t.add("server's processor time, s", f(r.CPU))
	for _, u := range r.Unreconciled {
		t.add("DOES NOT RECONCILE", u)
	}
	return t.write(w)
}
