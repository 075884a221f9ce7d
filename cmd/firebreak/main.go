// Command firebreak cuts an outbreak's chains of transmission: see docs/cli.md for its subcommands.
//
// main.go parses and dispatches; each subcommand is one file. Nothing here is global: a process value carries the arguments, the streams, the
// environment and the clock, so that a test runs a command within itself. It imports everything; nothing imports it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"os/user"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
	"github.com/mattn/go-isatty"

	"firebreak/internal/command"
)

// commands are all subcommands. To add one: a file with a struct of its flags and a Run(ctx, p) method, and a line here; then
// go test ./cmd/firebreak -run TestDocs -update.
type commands struct {
	Serve       serveCmd       `cmd:"" help:"Serve the screens on this machine, over the data folder or a database."`
	Import      importCmd      `cmd:"" help:"Import cases, contacts and links from CSV or XLSX files."`
	Export      exportCmd      `cmd:"" help:"Export cases, contacts, links, chains or tasks as a file."`
	Maps        mapsCmd        `cmd:"" help:"Saved column maps: list."`
	Situation   situationCmd   `cmd:"" help:"Print the situation report of an outbreak."`
	Tasks       tasksCmd       `cmd:"" help:"List what is to be done in an outbreak, by deadline."`
	Duplicates  duplicatesCmd  `cmd:"" help:"Records that may be of one person: list, merge, unmerge, apart."`
	Trace       traceCmd       `cmd:"" help:"Ask visits: who was with a case, and which places several cases share."`
	Assistance  assistanceCmd  `cmd:"" help:"Requests of one office to another to find somebody: list, ask, answer."`
	Why         whyCmd         `cmd:"" help:"Say why a task must be done: the rule, the clause and the facts behind it, back to the first."`
	Rt          rtCmd          `cmd:"" help:"Estimate the reproduction number from a file of daily counts."`
	Areas       areasCmd       `cmd:"" help:"Jurisdictions: import, list."`
	Outbreak    outbreakCmd    `cmd:"" help:"Outbreaks: start, list."`
	Restriction restrictionCmd `cmd:"" help:"Restrictions on people: list, show, notice, basis."`
	Zone        zoneCmd        `cmd:"" help:"Zones: list those that are proposed or in force, decide one."`
	Cluster     clusterCmd     `cmd:"" help:"Clusters: list, open, join, from-field."`
	People      peopleCmd      `cmd:"" help:"The population register: take in who lives where."`
	Round       roundCmd       `cmd:"" help:"Testing rounds: plan, open, close, cancel, list."`
	Site        siteCmd        `cmd:"" help:"Sampling sites: add, invite."`
	Appeal      appealCmd      `cmd:"" help:"Appeals of people who are held: list, file, answer, read."`
	Aside       asideCmd       `cmd:"" help:"Tubes that devices sent and that were not taken: list, accept, discard."`
	Lab         labCmd         `cmd:"" help:"Laboratories: add, invite, report, backlog."`
	Hospital    hospitalCmd    `cmd:"" help:"Hospitals and patients: list, patient, severity, admit, bed, discharge, convert, reserve."`
	Facility    facilityCmd    `cmd:"" help:"Quarantine sites, isolation sites and hospitals: list, add, rooms, move."`
	Stay        stayCmd        `cmd:"" help:"Who stays where: list, book, walk-in, check-in, check-out, move, home, drop, turn."`
	Transfer    transferCmd    `cmd:"" help:"Moving people: requests, vehicles, plan, board, invite."`
	Plan        planCmd        `cmd:"" help:"Plan rounds from files: round, example."`
	Pack        packCmd        `cmd:"" help:"Protocol packs: list, show."`
	Forecast    forecastCmd    `cmd:"" help:"What may come of an outbreak under one policy or another: make, show, list, score."`
	Sim         simCmd         `cmd:"" help:"Let an outbreak run in a made-up city."`
	Audit       auditCmd       `cmd:"" help:"The journal: verify that it is intact."`
	Check       checkCmd       `cmd:"" help:"Look whether database, journal, packs, clock, disk and key are in order."`
	Backup      backupCmd      `cmd:"" help:"Write everything to one file, while the server runs."`
	Restore     restoreCmd     `cmd:"" help:"Put a backup into an empty folder or database."`
	Migrate     migrateCmd     `cmd:"" help:"Bring the database's schema up to date."`
	User        userCmd        `cmd:"" help:"Accounts: add, grant, password, token, list."`
	Demo        demoCmd        `cmd:"" help:"Build a synthetic outbreak in Qingdao and open it on this machine."`
	Bench       benchCmd       `cmd:"" help:"Measure what this machine can carry."`
	Drill       drillsCmd      `cmd:"" help:"Play a scenario against the real system, and score it: play, list, show."`
	Clock       clockCmd       `cmd:"" help:"The clock of a drill: begin, show, move; pause, speed and roles while people play."`
	Version     versionCmd     `cmd:"" help:"Say which build this is."`
}

// process is the world of one run.
type process struct {
	Args     []string // without the program's name
	Stdin    io.Reader
	Stdout   io.Writer
	Stderr   io.Writer
	Terminal bool // Stderr is a terminal: progress may rewrite its line
	Quiet    bool // a server that is played with logs errors only
	Getenv   func(string) string
	Now      func() time.Time
	User     string // login of whoever runs the command; the journal notes it
}

// owner is who gives orders on the folder itself, as the journal calls them: whoever holds it needs no grant.
func (p *process) owner() command.By { return command.Owner("cli:" + p.User) }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := execute(ctx, &process{
		Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Terminal: isatty.IsTerminal(os.Stderr.Fd()), Getenv: os.Getenv, Now: time.Now, User: osLogin(),
	})
	stop()
	os.Exit(code)
}

// osLogin names the operating system's user, whom an environment variable cannot pretend to be.
func osLogin() string {
	u, err := user.Current()
	if err != nil {
		return "unknown"
	}
	return u.Username
}

// execute runs the command, says what went wrong and returns the exit code.
func execute(ctx context.Context, p *process) int {
	err := run(ctx, p)
	p.report(err)
	return codeOf(err)
}

// run parses the arguments and runs the command they name.
func run(ctx context.Context, p *process) error {
	var helped bool
	parser, err := newParser(&commands{}, p.Stdout, p.Stderr, func(int) { helped = true })
	if err != nil {
		return err
	}
	parsed, err := parser.Parse(p.Args)
	if helped {
		return nil // kong goes on parsing after --help and complains about what is missing
	}
	if err != nil {
		return misused(err)
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	err = parsed.Run(p)
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return fmt.Errorf("stopped: %w", err)
	}
	return err
}

func newParser(grammar *commands, stdout, stderr io.Writer, exit func(int)) (*kong.Kong, error) {
	return kong.New(grammar, kong.Name("firebreak"), kong.Writers(stdout, stderr), kong.Exit(exit),
		kong.Description("Outbreak response: find, trace, move, isolate, test, treat and release, each step before its deadline."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
}
