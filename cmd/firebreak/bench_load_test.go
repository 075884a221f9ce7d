package main

import (
	"testing"
	"time"

	"firebreak/internal/deskload"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/vault"
)

// eachLoad runs fn with a city of its own on every engine.
func eachLoad(t *testing.T, people, devices int, more func(*store.DB, *deskload.City) error, fn func(*testing.T, *process, load, *deskload.City)) {
	t.Helper()
	for engine, url := range map[string]func(testing.TB) string{"sqlite": func(testing.TB) string { return "" }, "postgresql": storetest.NewPostgres} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			l, p := load{store.Options{Dir: t.TempDir(), URL: url(t)}, vault.NewMasterKey()}, &process{Now: time.Now, Stderr: t.Output()}
			city, err := l.city(t.Context(), p, people, devices, more)
			if err != nil {
				t.Fatal(err)
			}
			fn(t, p, l, city)
		})
	}
}
