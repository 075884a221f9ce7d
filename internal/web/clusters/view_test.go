package clusters_test

import (
	"testing"

	"firebreak/internal/web/canned"
	"firebreak/internal/web/clusters"
	"firebreak/internal/web/ui"
	"firebreak/internal/web/uitest"
)

var update = uitest.Update()

func TestGolden(t *testing.T) {
	t.Parallel()
	kit := uitest.Kit(t)
	page, err := clusters.NewCluster(kit)
	if err != nil {
		t.Fatal(err)
	}
	form, err := clusters.NewForm(kit)
	if err != nil {
		t.Fatal(err)
	}
	en := canned.Frame("en", ui.ThemeDevice, "clusters", "/clusters/CL-1")
	zh := canned.Frame("zh", ui.ThemeDark, "clusters", "/clusters/CL-1")
	uitest.Golden(t, *update, "en", page, "main", en, canned.Cluster())
	uitest.Golden(t, *update, "zh", page, "main", zh, canned.Cluster())
	uitest.Golden(t, *update, "closed", page, "main", en, canned.ClosedCluster())
	uitest.Golden(t, *update, "new", form, "main", en, canned.ClusterForm())
}
