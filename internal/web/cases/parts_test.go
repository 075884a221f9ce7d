package cases

import (
	"slices"
	"testing"

	"firebreak/internal/command"
)

// A field that the form left out could be filled in nowhere.
func TestFormHasEveryField(t *testing.T) {
	t.Parallel()
	var got []string
	for _, p := range parts {
		got = append(got, p.fields...)
	}
	want := command.CaseFieldNames()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the form has %q, a case has %q", got, want)
	}
}
