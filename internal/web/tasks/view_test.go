package tasks_test

import (
	"testing"

	"firebreak/internal/web/canned"
	"firebreak/internal/web/tasks"
	"firebreak/internal/web/ui"
	"firebreak/internal/web/uitest"
)

var update = uitest.Update()

func TestGolden(t *testing.T) {
	t.Parallel()
	kit := uitest.Kit(t)
	page, err := tasks.New(kit)
	if err != nil {
		t.Fatal(err)
	}
	en := canned.Frame("en", ui.ThemeDevice, "tasks", "/tasks")
	zh := canned.Frame("zh", ui.ThemeDark, "tasks", "/tasks")
	uitest.Golden(t, *update, "en", page, "main", en, canned.Tasks())
	uitest.Golden(t, *update, "zh", page, "main", zh, canned.Tasks())
	uitest.Golden(t, *update, "empty", page, "main", en, tasks.ListView{})
	one, err := tasks.NewTask(kit)
	if err != nil {
		t.Fatal(err)
	}
	uitest.Golden(t, *update, "task-en", one, "main", en, canned.Task())
	uitest.Golden(t, *update, "task-zh", one, "main", zh, canned.Task())
	done := canned.Task()
	done.Status = ui.Done
	uitest.Golden(t, *update, "task-done", one, "main", en, done)
}
