package store_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
)

// The environment of the process that TestKill starts: this test binary, told to be the victim.
const (
	victimDir   = "FIREBREAK_VICTIM_DIR"
	victimURL   = "FIREBREAK_VICTIM_URL"
	victimRound = "FIREBREAK_VICTIM_ROUND"
)

func TestMain(m *testing.M) {
	if os.Getenv(victimDir) != "" {
		if err := victim(); err != nil {
			fmt.Fprintln(os.Stderr, "victim:", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// victim changes the store from many goroutines until it is killed, and prints the name of each change after it was acknowledged.
func victim() error {
	ctx := context.Background()
	db, err := store.Open(ctx, store.Options{Dir: os.Getenv(victimDir), URL: os.Getenv(victimURL), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	var out sync.Mutex
	failed := make(chan error)
	for g := range 32 {
		go func() {
			for n := 0; ; n++ {
				name := fmt.Sprintf("r%s.%d.%d", os.Getenv(victimRound), g, n)
				if err := db.Update(ctx, func(tx *store.Tx) error { return mark(tx, name) }); err != nil {
					failed <- err
					return
				}
				out.Lock()
				_, err := os.Stdout.WriteString(name + "\n") // unbuffered: a line that was written was acknowledged before
				out.Unlock()
				if err != nil {
					failed <- err
					return
				}
			}
		}()
	}
	return <-failed
}

// TestKill kills a busy process with SIGKILL, several times on the same data. Whatever it had acknowledged must be there, and
// nothing may be half there.
func TestKill(t *testing.T) {
	t.Parallel()
	rounds := 6
	if testing.Short() {
		rounds = 2
	}
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		var o store.Options
		if err := open(func(got *store.Options) { o = *got }).Close(); err != nil {
			t.Fatal(err)
		}
		acknowledged := map[string]bool{}
		for round := range rounds {
			before := len(acknowledged)
			wait := time.Duration(rand.IntN(150)) * time.Millisecond
			runVictim(t, o, round, wait, acknowledged)
			db := open() // the folder's lock went with the process
			got := marks(t, db)
			for name := range acknowledged {
				if got[name] != 1 {
					t.Errorf("round %d, killed %v after its first answer: acknowledged %s is there %d times, want once", round, wait, name, got[name])
				}
			}
			for name, n := range got {
				if n != 1 {
					t.Errorf("round %d: %s is there %d times", round, name, n)
				}
			}
			t.Logf("killed %v after the first answer: %d acknowledged, %d in the journal", wait, len(acknowledged)-before, len(got))
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func runVictim(t *testing.T, o store.Options, round int, wait time.Duration, acknowledged map[string]bool) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), victimDir+"="+o.Dir, victimURL+"="+o.URL, victimRound+"="+strconv.Itoa(round))
	var complaint strings.Builder
	cmd.Stderr = &complaint
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(stdout)
	killing := false
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			break // a line cut off by the kill does not count
		}
		acknowledged[strings.TrimSpace(line)] = true
		if !killing {
			killing = true
			time.AfterFunc(wait, func() { _ = cmd.Process.Kill() })
		}
	}
	_ = cmd.Wait() // killed, so an error
	if !killing {
		t.Fatalf("the victim acknowledged nothing: %s", complaint.String())
	}
}
