// Package arch holds no code, only the tests that keep the layout: who may import whom and why, which packages are pure, and what a
// package has to look like. When one of them stops you, either the new import is in the wrong direction, or the table below wants a line with
// your reason.
package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// nouns are the packages of things that people in the field name; they hold types and rules about one thing.
const nouns = "day place person outbreak cases contact cluster facility treatment lab screening restriction zone task transfer journal"

// edges says who may import whom. Names are folders below internal, "cmd/..." and "protocols" excepted; a * stands for one part of a path. What
// is not here is not allowed.
//
//	place, person <- nouns <- protocol <- response, trace, plan <- sim
//	nouns, journal <- store <- command <- web, field, api, fhir, exchange <- cmd
var edges = []struct{ from, to, why string }{
	// Nouns, from the ground up.
	{"place/*", "place", "a worked example of jurisdictions is made of jurisdictions"},
	{"person", "day place", "a person was born on a day and lives somewhere"},
	{"outbreak", "place", "an outbreak has an area"},
	{"cases", "day outbreak person place", "a case is a person's, of an outbreak, somewhere, since a day"},
	{"contact", "cases day outbreak person place", "a contact was exposed to a case"},
	{"cluster", "cases day outbreak place", "a cluster is of cases that shared an exposure somewhere"},
	{"facility", "cases contact day outbreak person place", "a stay is a person's, as a case or a contact, somewhere"},
	{"treatment", "cases facility outbreak person place", "an admission is a case's, in a bed of a hospital"},
	{"lab", "day outbreak person place", "a specimen is a person's, taken somewhere for an outbreak"},
	{"screening", "day lab outbreak person place", "a round tests the people of an area for an outbreak, a standing one on days; its tubes go to laboratories"},
	{"restriction", "cases contact outbreak place screening task", "a restriction is because of a case, a contact or a tube, and has the reason that tasks have"},
	{"zone", "cases day outbreak place", "a zone is an area, proposed because of a case"},
	{"task", "day outbreak place", "a task belongs to an outbreak and is owned in a jurisdiction"},
	{"transfer", "cases contact facility outbreak person place task", "who is moved as what, from where to which bed, and the task that asks for it"},
	{"disclosure", "place", "what of an area may be told depends on how many live there"},
	{"journal", "outbreak place task", "an entry names its outbreak, its area and, as tasks do, subject and cause"},

	// The rulebook: pure, over nouns.
	{"protocol", nouns + " protocols", "a pack gives the nouns' numbers; the packs' files are embedded"},
	{"response response/*", nouns + " protocol", "rules turn facts about nouns into actions, by a pack"},
	{"response/*", "response", "a scenario in the field's words runs the rules"},
	{"trace plan situation", nouns + " protocol", "engines answer questions about nouns, by a pack"},
	{"trace/*", "trace", "a made-up city's visits are given to the tracing engine"},
	{"plan/*", "plan/flow", "planners put their question as a network"},
	{"plan/round plan/bed plan/trip", "plan/planfile", "planners read what they are asked from files, strictly"},
	{"plan/roundcity", nouns + " plan/round", "a round, as the nouns have it, is put to the planner"},
	{"plan/transferday", nouns + " plan/trip plan/bed", "requests, vehicles and beds, as the nouns have them, are put to the planner"},
	{"command transferplan", "plan/transferday", "what a plan of transfers says is kept as trips, beds and promised times"},
	{"roads", "plan/trip", "ways are asked of a routing server as the planner of trips wants them"},
	{"transferplan", nouns + " command plan/trip protocol store", "transfers of the store are planned beside it, under the pack, and ordered to be kept"},
	{"plan/trip", "plan/bed", "the bed is chosen together with the route"},
	{"plan/sampleday", "plan/bed plan/trip", "a made-up day has households, rooms and vehicles"},
	{"plan/samplecity", "place place/qingdao plan/round", "a made-up city is spread over a real one's districts"},
	{"sim sim/*", nouns + " protocol response response/* trace plan situation", "the synthetic city runs the same rulebook as the real one"},
	{"sim sim/*", "sim/*", "an outbreak needs a city, numbers and luck"},
	{"sim/measures", "sim", "measures act on an outbreak from outside"},
	{"forecast", "day sim sim/* protocol", "a forecast makes up outbreaks with the simulator's numbers, under packs"},
	{"outlook", nouns + " command forecast place protocol sim sim/* sitrep store", "what is known of an outbreak is read from the store, and forecasts are ordered to be kept"},
	{"web web/* api", "outlook forecast", "forecasts are made and shown by screen and by the interface"},
	{"web web/* api", "drill/scorecard", "the score card of a drill is kept by the interface and shown on a screen"},

	// Drills.
	{"drill drill/*", "protocol sim sim/* place place/qingdao", "a scenario is played in a synthetic city, under a pack, in a real tree"},
	{"store command api web/access web/site", "drill/pace", "how fast the clock of a drill goes is kept in the store, changed by orders, and shown around every page"},
	{"drill", "drill/* api screening", "its people speak the interface's own shapes, and the account of a round is one of them"},

	// Who may do what, and names under lock.
	{"auth", "place", "a role holds in a subtree of jurisdictions"},
	{"auth/*", "auth place", "signing on ends in a user with roles"},
	{"vault", "auth person", "a name is opened for an actor and a purpose"},

	// Keeping, ordering.
	{"store", nouns + " auth vault response protocol", "the store keeps nouns, scoped to the caller's subtree, and sealed names"},
	{"store", "trace", "blocks of visits are kept as the tracing engine writes and reads them"},
	{"exchange", "trace", "a row of a list of visits is a visit as the tracing engine knows it"},
	{"store/storetest", "store", "tests run on every engine"},
	{"account", "auth journal place store task", "orders about users are journalled changes of the store"},
	{"command command/*", nouns + " auth vault account store protocol response situation trace plan", "a command reads, asks the rulebook, and writes, in one transaction"},
	{"command", "exchange", "an import is an order too: rows come from files, as maps read them"},
	{"capture", nouns + " vault store", "batches of tubes are kept sealed, and projected into the store"},
	{"turnout", nouns + " store", "who is missing is counted once from the store, then kept up from the journal"},
	{"whereabouts", nouns + " store trace", "who was where is read once from the blocks of visits, then kept up from the journal"},
	{"command", "whereabouts", "a question about visits is put to the index in memory, or to one made for it"},
	{"roundplan", nouns + " command plan/round plan/roundcity protocol store turnout", "a round of the store is counted, planned beside it and ordered to be kept"},
	{"roundplan", "i18n", "screens and commands say in the same words what a plan found"},
	{"field", "capture", "devices send what capture takes"},
	{"results", nouns + " store", "what everybody is told is read once from the store, then kept up from the journal"},
	{"lookup", "auth person results", "a look-up is answered from the results in memory, and held to who asks"},
	{"web/public", "disclosure lookup results roundplan turnout", "the public site shows results, where and when people go by the plan, and sites with how busy they are; a building of very few people is not named"},
	{"field/app", "i18n", "the app speaks without the server, so it is given its words"},
	{"importer", nouns + " auth vault store command exchange", "an import gives the order of its rows, and keeps the file sealed until it has ended"},
	{"web web/* api", "importer", "files come in by screen and by API"},
	{"sitrep", nouns + " protocol situation store", "the situation report is read from the store and worked out by the engine"},
	{"board", nouns + " protocol situation store", "what Now shows is counted once from the store, then kept up from the journal"},
	{"why", nouns + " protocol response store", "a reason is walked back through the journal to the first fact"},
	{"care", nouns + " protocol response store", "what is known of patients and beds is read from the store and said as the rules see it"},
	{"web/* api", "care", "patients and beds are shown by screen and by the interface"},
	{"occupancy", nouns + " protocol response store", "how full facilities will be is read from the store and worked out as the rules release people"},
	{"web/* api", "occupancy", "how full facilities will be is shown by screen and by the interface"},
	{"roster", nouns + " occupancy protocol store", "who of the staff is on duty is read from the store, and held against what the pack asks for the people who are expected"},
	{"web/* api", "roster", "who is on duty, and who is missing, is shown by screen and by the interface"},
	{"checks", nouns + " protocol store", "who is due for a check is read from the store, how many a day from the pack"},
	{"command web/* api", "checks", "checks are listed by screen and by the interface, and a link is read by the order that answers by it"},
	{"certificate", nouns + " protocol store", "what a certificate of release says is read from the store and the pack"},
	{"web/* api", "certificate", "certificates are printed, given by the interface, and found true on the public site"},
	{"positives", nouns + " protocol response store", "what is known of positive tubes is read from the store and said as the rules see it"},
	{"demo", nouns + " auth protocol response store command account place/qingdao", "the demo gives real orders in a real tree"},
	{"demo", "checks", "some of its people answer their checks by their link"},
	{"demo", "capture exchange vault", "its phones send batches to the intake, its register is a file, and it knows the codes that people carry"},
	{"demo", "roundplan turnout", "a round of the demo is planned before it opens"},
	{"deskload", nouns + " command store", "a load of devices is sent to a city that real orders made, and counted in the store"},
	{"benchload", nouns + " exchange store", "a load to measure under is written as line lists, or straight into the store"},
	{"command/*", "command", "what belongs to one command lives below all of them"},

	// The edge: other people's shapes end here.
	{"exchange exchange/* api fhir field web/*", nouns + " auth vault account store protocol response situation command", "the edge gives commands and shows what the store has"},
	{"exchange/* api fhir field", "exchange", "file formats are read and written in one place"},
	{"web/* api field", "i18n", "people read it in their language"},
	{"web/*", "web/ui web/assets", "pages share a frame and the embedded files"},
	{"linelist", nouns + " store exchange situation", "lists are written as files while they are read from the store; chains are worked out by the engine"},
	{"web/positives api", "positives", "positive tubes are shown by screen and by the interface"},
	{"api", "linelist", "what a screen lets one take out, the interface does"},
	{"web/*", "web/record linelist", "the pages of a case and a contact share parts, and can be taken out as files"},
	{"web/audit", "web/users", "a change to an account is said in the same words"},
	{"web/me", "web/users web/access", "one's own account shows roles and tokens as an administrator's page does, and is the session's own"},
	{"web/pacing", "web/access", "the bar leads back to the page that it was used on, and to no other site"},
	{"web/situation", "situation", "its steps are shown as the engine gives them"},
	{"web web/* api", "turnout", "who is missing is shown from memory, and counted without asking the database"},
	{"web web/* api", "roundplan plan/round plan/roundcity", "a round is planned by screen and by the interface, and held against its plan"},
	{"web web/* api", "transferplan plan/transferday plan/trip", "transfers are planned by screen and by the interface, and the board is read as the planner reads it"},
	{"web/rounds", "web/sites web/laboratories", "the page of a round lists its sites and laboratories as their own pages do"},
	{"web/now", "web/rounds", "the screen of the whole situation shows the round that is open"},
	{"web/cases", "web/chains", "a case's page draws the chain it belongs to"},
	{"web/*", "web/site web/happened board sitrep why situation exchange protocol", "handlers share a frame, and read what they show"},
	{"web/site", "web/access web/errorpage web/live", "every page answers for the session, and fails on a page"},
	{"web/site", "web/paper", "a page that is made to be printed can be had as a PDF"},
	{"web/site web/now", "disclosure", "whoever reads only counts is told none that points at people"},
	{"web", "web/* auth account store command board i18n", "the route table names every page"},
	{"api", "sitrep board why web/access", "the API gives what the screens give, to the same callers"},
	{"web/access", "auth/signon web/errorpage web/login", "logging in is a page, a session and, where set up, a sign-on elsewhere"},
	{"web/canned web/storybook web/uitest web/serve web/routes", "web/*", "all pages are shown side by side, from canned data or in earnest"},

	{"tests/browser/register", "command facility person screening store", "people of the browser tests are entered in the store, and what phones sent is counted in it"},
	{"cmd/*", "*", "main is the only wiring"},
	{"cmd/*", "*/*", "main is the only wiring"},
	{"cmd/*", "*/*/*", "main is the only wiring"},
}

// pure are the packages that do no I/O, read no clock and use no global randomness: what they say depends on what they are given, so a
// drill, a forecast and a test get what the city gets. Folders below them are pure too.
const pure = nouns + " protocol response trace plan situation sim forecast"

// pureMayImport excuses an import of a pure package, "package import", for a reason.
var pureMayImport = map[string]string{
	"day database/sql/driver": "a day says how it is stored, so that no query can store it otherwise; the interface does no I/O",
}

// longFiles may have more lines than 700, each for a reason.
var longFiles = map[string]string{}

// file is one parsed Go file.
type file struct {
	path    string // from the repository's root, with slashes
	pkg     string // as in edges
	test    bool
	lines   int
	syntax  *ast.File
	imports map[string]string // local name to path
}

const module = "firebreak"

// short names a package as edges does.
func short(dir string) string {
	return strings.TrimPrefix(strings.TrimPrefix(dir, module+"/"), "internal/")
}

// tree is all that the tests here look at. They only read it, so that it is parsed once.
type tree struct {
	fset *token.FileSet
	list []file
}

var parsed = sync.OnceValues(parse)

// sources returns all Go files of the repository, including those that the tests of this machine's system would leave out.
func sources(t *testing.T) (*token.FileSet, []file) {
	t.Helper()
	all, err := parsed()
	if err != nil {
		t.Fatal(err)
	}
	if len(all.list) < 50 {
		t.Fatalf("found only %d files: looking in the wrong place", len(all.list))
	}
	return all.fset, all.list
}

func parse() (tree, error) {
	root := filepath.Join("..", "..")
	fset := token.NewFileSet()
	var list []file
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := d.Name(); d.IsDir() && (name == "testdata" || name == "node_modules" || name != ".." && strings.HasPrefix(name, ".")) {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(p, ".go") {
			return nil
		}
		text, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		syntax, err := parser.ParseFile(fset, p, text, parser.ParseComments)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		f := file{path: rel, pkg: short(path.Dir(rel)), test: strings.HasSuffix(rel, "_test.go"), lines: strings.Count(string(text), "\n"), syntax: syntax, imports: map[string]string{}}
		for _, i := range syntax.Imports {
			to, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			name := path.Base(to)
			if name == "v2" {
				name = path.Base(path.Dir(to))
			}
			if i.Name != nil {
				name = i.Name.Name
			}
			f.imports[name+" "+to] = to
		}
		list = append(list, f)
		return nil
	})
	return tree{fset, list}, err
}

// matches says whether one of the patterns, parted by spaces, is name.
func matches(patterns, name string) bool {
	return slices.ContainsFunc(strings.Fields(patterns), func(p string) bool {
		ok, err := path.Match(p, name)
		return err == nil && ok
	})
}

func TestImportsGoOneWay(t *testing.T) {
	t.Parallel()
	_, list := sources(t)
	for _, e := range edges {
		if e.why == "" {
			t.Errorf("edge %s -> %s has no reason", e.from, e.to)
		}
	}
	for _, f := range list {
		if f.test {
			continue // tests may look anywhere; what they import is not built in
		}
		for _, to := range f.imports {
			if !strings.HasPrefix(to, module+"/") {
				continue
			}
			to = short(to)
			allowed := slices.ContainsFunc(edges, func(e struct{ from, to, why string }) bool { return matches(e.from, f.pkg) && matches(e.to, to) })
			if !allowed {
				t.Errorf("%s: %s may not import %s (see edges in internal/arch)", f.path, f.pkg, to)
			}
		}
	}
}

// isPure says whether pkg or a folder above it is in pure.
func isPure(pkg string) bool {
	first, _, _ := strings.Cut(pkg, "/")
	return matches(pure, first)
}

func TestPurePackagesReadNoClockAndDoNoIO(t *testing.T) {
	t.Parallel()
	barred := "os os/* net net/* database/sql database/sql/* syscall log log/* crypto/rand math/rand io/ioutil testing"
	// What would make an answer depend on more than the question. Of math/rand/v2 only what takes a seed is left.
	barredUse := map[string]string{
		"time":         "Now Since Until Sleep After AfterFunc Tick NewTimer NewTicker Local",
		"math/rand/v2": "Int IntN Int32 Int32N Int64 Int64N N Uint Uint32 Uint32N Uint64 Uint64N UintN Float32 Float64 ExpFloat64 NormFloat64 Perm Shuffle",
	}
	fset, list := sources(t)
	seen := 0
	for _, f := range list {
		if f.test || !isPure(f.pkg) {
			continue
		}
		seen++
		local := map[string]string{}
		for name, to := range f.imports {
			if matches(barred, to) && pureMayImport[f.pkg+" "+to] == "" {
				t.Errorf("%s imports %s: %s is pure", f.path, to, f.pkg)
			}
			name, _, _ = strings.Cut(name, " ")
			local[name] = to
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if x, ok := s.X.(*ast.Ident); ok && x.Obj == nil && slices.Contains(strings.Fields(barredUse[local[x.Name]]), s.Sel.Name) {
				t.Errorf("%s uses %s.%s: %s is pure; take it as an argument", fset.Position(s.Pos()), x.Name, s.Sel.Name, f.pkg)
			}
			return true
		})
	}
	if seen < 20 {
		t.Fatalf("looked at only %d files of pure packages", seen)
	}
}

func TestEveryPackageHasOneComment(t *testing.T) {
	t.Parallel()
	_, list := sources(t)
	comments, packages := map[string][]string{}, map[string]string{}
	for _, f := range list {
		if f.test && f.pkg != "arch" || strings.HasSuffix(f.syntax.Name.Name, "_test") {
			continue
		}
		packages[f.pkg] = f.syntax.Name.Name
		if f.syntax.Doc != nil {
			comments[f.pkg] = append(comments[f.pkg], f.path)
			start := "Package " + f.syntax.Name.Name + " "
			if f.syntax.Name.Name == "main" {
				start = "Command " + path.Base(f.pkg) + " "
			}
			if text := f.syntax.Doc.Text(); !strings.HasPrefix(text, start) {
				t.Errorf("%s: the package comment starts %.30q, want %q", f.path, text, start)
			}
		}
	}
	for _, pkg := range slices.Sorted(maps.Keys(packages)) {
		if n := len(comments[pkg]); n != 1 {
			t.Errorf("package %s has %d package comments %v, want one", pkg, n, comments[pkg])
		}
		if slices.Contains([]string{"util", "utils", "common", "helper", "helpers", "models", "misc", "shared"}, packages[pkg]) {
			t.Errorf("package %s says nothing by its name: call it by what it does", pkg)
		}
	}
}

func TestFilesAreShort(t *testing.T) {
	t.Parallel()
	_, list := sources(t)
	long := map[string]bool{}
	for _, f := range list {
		if f.lines <= 700 || ast.IsGenerated(f.syntax) {
			continue
		}
		long[f.path] = true
		if longFiles[f.path] == "" {
			t.Errorf("%s has %d lines, want at most 700: one file per concept, or a reason in longFiles", f.path, f.lines)
		}
	}
	for p := range longFiles {
		if !long[p] {
			t.Errorf("longFiles excuses %s, which is short or gone", p)
		}
	}
}

func TestNothingHappensOnImport(t *testing.T) {
	t.Parallel()
	_, list := sources(t)
	for _, f := range list {
		for _, d := range f.syntax.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				t.Errorf("%s has an init function: wiring belongs in main, where it can be read", f.path)
			}
		}
	}
}
