package web_test

import (
	"net/http"
	"net/url"
	"testing"

	"firebreak/internal/outbreak"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

func TestPackIsChangedInMidOutbreak(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	duty := c.as("duty")
	const path = "/o/laixi/pack"

	duty.get("/packs").wants(t, http.StatusOK, []string{`href="` + path + `"`, "Change the pack of Laixi 2022"}, nil)
	c.as("viewer").get("/packs").wants(t, http.StatusOK, nil, []string{path})
	if got := c.as("epi-east").get(path).status; got != http.StatusForbidden {
		t.Errorf("an epidemiologist: %d, want 403", got)
	}
	duty.get(path).wants(t, http.StatusOK, []string{"covid19/2022-v9@1", `value="covid19/2022-11@1"`}, []string{`value="mers/who@1"`, `name="reason"`})
	duty.get(path+"?to=mers/who").wants(t, http.StatusUnprocessableEntity, []string{"cannot be put in force here"}, nil)
	seen := duty.get(path + "?to=covid19/2022-11@1")
	seen.wants(t, http.StatusOK, []string{"From covid19/2022-v9@1 to covid19/2022-11@1", "2 of 2 cases were looked at", `name="version" value="1"`}, nil)

	before := c.taskOf(c.east, task.MoveCase)
	form := url.Values{"to": {"covid19/2022-11@1"}, "version": {"1"}, "reason": {" "}}
	duty.post(path, form).wants(t, http.StatusUnprocessableEntity, []string{"A reason is needed."}, nil)
	form.Set("version", "7")
	form.Set("reason", "twenty measures")
	duty.post(path, form).wants(t, http.StatusConflict, []string{"Somebody else changed the outbreak", ">twenty measures</textarea>"}, nil)
	form.Set("version", "1")
	if got := c.as("epi-east").post(path, form).status; got != http.StatusForbidden {
		t.Errorf("an epidemiologist changes it: %d, want 403", got)
	}
	done := duty.post(path, form)
	if done.status != http.StatusSeeOther || done.to != path+"?changed=1" {
		t.Fatalf("change: %d to %q", done.status, done.to)
	}
	duty.get(done.to).wants(t, http.StatusOK, []string{"everything is carried over", ">covid19/2022-11@1</a></b>", "covid19/2022-v9@1"}, nil)
	var o outbreak.Outbreak
	c.must(c.db.View(t.Context(), func(r *store.Reader) (err error) { o, err = r.OutbreakByName("laixi"); return err }))
	if o.Pack != "covid19/2022-11@1" {
		t.Errorf("in force: %s", o.Pack)
	}
	if now := c.taskOf(c.east, task.MoveCase); now.ID != before.ID || now.Because.Pack != "covid19/2022-v9@1" {
		t.Errorf("the task of the old pack, with the same deadline, is now %d under %s", now.ID, now.Because.Pack)
	}
	duty.lang = "zh"
	duty.get(path).wants(t, http.StatusOK, []string{"现行防控方案包"}, nil)
}
