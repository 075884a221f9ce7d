package happened

import (
	"testing"

	"firebreak/internal/i18n"
	"firebreak/internal/journal"
)

// TestEveryFactThatIsShownHasWords: a new kind of fact is either said or is silent, and never shown as the key of words that nobody wrote.
func TestEveryFactThatIsShownHasWords(t *testing.T) {
	t.Parallel()
	words, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]bool{}
	for _, key := range words.Keys("en") {
		have[key] = true
	}
	for _, k := range journal.Kinds() {
		if key := "happened." + string(k); !silent(k) && !have[key] {
			t.Errorf("%s has no words", key)
		}
	}
}
