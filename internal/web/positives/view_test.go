package positives_test

import (
	"testing"

	"firebreak/internal/web/canned"
	"firebreak/internal/web/positives"
	"firebreak/internal/web/ui"
	"firebreak/internal/web/uitest"
)

var update = uitest.Update()

func TestGolden(t *testing.T) {
	t.Parallel()
	kit := uitest.Kit(t)
	page, err := positives.New(kit)
	if err != nil {
		t.Fatal(err)
	}
	en := canned.Frame("en", ui.ThemeDevice, "positives", "/positives")
	uitest.Golden(t, *update, "en", page, "main", en, canned.Positives())
	uitest.Golden(t, *update, "zh", page, "main", canned.Frame("zh", ui.ThemeDark, "positives", "/positives"), canned.Positives())
	uitest.Golden(t, *update, "empty", page, "main", en, positives.View{})
	over := canned.Positives()
	over.Tubes = over.Tubes[1:]
	over.Tubes[0].Settled, over.Tubes[0].Check, over.Tubes[0].RecordCheck = true, nil, nil
	over.Tubes[0].Finding, over.Tubes[0].FindingBy, over.Tubes[0].FindingAt = "the label of Q7-0410 was on it", "qian", over.Tubes[0].ResultAt
	uitest.Golden(t, *update, "settled", page, "main", en, over)
}
