package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Every story in every language and theme must render, and say so with the strict policy.
func TestEveryStoryRenders(t *testing.T) {
	t.Parallel()
	handler, err := newHandler()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range stories() {
		for _, query := range []string{"?lang=en&theme=light", "?lang=zh&theme=dark"} {
			t.Run(s.path+query, func(t *testing.T) {
				t.Parallel()
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, s.path+query, nil))
				if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "</html>") {
					t.Errorf("status %d, want a whole page: %s", w.Code, w.Body.String())
				}
				if strings.Contains(w.Body.String(), "‹") {
					t.Error("a text is missing in this language")
				}
				if got := w.Header().Get("Content-Security-Policy"); !strings.Contains(got, "default-src 'none'") {
					t.Errorf("Content-Security-Policy %q is not strict", got)
				}
			})
		}
	}
}
