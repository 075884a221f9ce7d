package tasks

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"firebreak/internal/command"
	"firebreak/internal/i18n"
	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/web/site"
	"firebreak/internal/web/ui"
)

// mostBulk bounds one bulk step.
const mostBulk = 1000

// atOnce is how many orders of a bulk step are under way together, so that they share flushes.
const atOnce = 32

// WaiveMany is POST /o/{outbreak}/tasks/waive: first without a reason, from the list, which asks for it; then with it.
func (h *Handler) WaiveMany(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	// The page that asks for the reason sends the tasks back in one field.
	ids := form["id"]
	if all := form.Get("ids"); all != "" {
		ids = strings.Split(all, ",")
	}
	reason := strings.TrimSpace(form.Get("reason"))
	if reason == "" && len(ids) > 0 && len(ids) <= mostBulk {
		v := WaiveView{Count: len(ids), Form: ui.Form{ID: "waive", Action: q.Path("tasks", "waive"), Submit: i18n.M("bulk.waive"), Danger: true, Cancel: q.Path("tasks"), Hidden: map[string]string{"ids": strings.Join(ids, ",")},
			Fields: []ui.Field{{Name: "reason", Label: i18n.M("col.reason"), Kind: ui.FieldArea, Required: true, Autofocus: true}}}}
		code := http.StatusOK
		if form.Has("reason") {
			v.Form.Fields[0].Error, code = i18n.M("form.required_why"), http.StatusUnprocessableEntity
		}
		return q.ShowStatus(code, h.waive, "tasks", v)
	}
	return h.many(q, ids, "waived", func(id task.ID, version int64) error {
		_, err := h.s.Commands.WaiveTask(q.Context(), q.By(), command.WaiveTask{Task: id, Version: version, Reason: reason})
		return err
	})
}

// CompleteMany is POST /o/{outbreak}/tasks/done: those of the tasks that are done by saying so were done now.
func (h *Handler) CompleteMany(q *site.Request) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	return h.many(q, form["id"], "done", func(id task.ID, version int64) error {
		_, err := h.s.Commands.CompleteTask(q.Context(), q.By(), command.CompleteTask{Task: id, Version: version})
		return err
	})
}

// many gives an order about each of the tasks. One that somebody else changed meanwhile, or that cannot be done this way, is left as it is; the person is told how
// many were done. A failure of our own stops.
func (h *Handler) many(q *site.Request, refs []string, said string, order func(task.ID, int64) error) error {
	if len(refs) == 0 {
		return q.Done(q.Path("tasks"), "none", 0)
	}
	if len(refs) > mostBulk {
		return &command.Invalid{Field: "id", Value: strconv.Itoa(len(refs)), Reason: "is more than a bulk step takes (" + strconv.Itoa(mostBulk) + ")"}
	}
	type one struct {
		id      task.ID
		version int64
	}
	list := make([]one, len(refs))
	for i, s := range refs {
		var err error
		if list[i].id, list[i].version, err = parseRef(s); err != nil {
			return err
		}
	}
	err := q.View(func(r *store.Reader) error {
		for _, o := range list {
			if _, err := r.Task(o.id, q.Within()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	var errs []error
	done := 0
	slots := make(chan struct{}, atOnce)
	for _, o := range list {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			err := order(o.id, o.version)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				done++
			case site.Status(err) >= http.StatusInternalServerError, site.Status(err) == http.StatusForbidden:
				errs = append(errs, err)
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if done == 0 {
		said = "none"
	}
	return q.Done(q.Path("tasks"), said, done)
}
