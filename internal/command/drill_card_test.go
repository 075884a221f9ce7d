package command_test

import (
	"errors"
	"testing"

	"firebreak/internal/command"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
)

// A store that is none for a drill has no score cards: what is real stays apart from what is played.
func TestWhatIsRealHasNoScoreCard(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		_, err := command.New(open(), nil).KeepDrillCard(t.Context(), command.Owner("test"), command.KeepDrillCard{Outbreak: "o", Card: []byte("{}")})
		if !errors.Is(err, store.ErrNoDrill) {
			t.Errorf("keep a card of what is no drill: %v", err)
		}
	})
}
