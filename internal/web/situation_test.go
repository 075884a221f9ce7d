package web_test

import (
	"net/http"
	"testing"
)

func TestSituation(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	duty := c.as("duty")
	duty.get("/o/laixi/situation").wants(t, http.StatusOK, []string{"Situation", "New cases by day", "Against the targets", "Detected within 7 days of emergence"}, nil)
	duty.get("/o/laixi/situation?by=confirmation&split=area").wants(t, http.StatusOK, []string{"<li>Laixi</li>", "<li>Shibei</li>", `<option value="confirmation" selected>`}, nil)
	duty.get("/o/laixi/situation?split=found").wants(t, http.StatusOK, []string{"<li>community</li>", "<li>in isolation</li>"}, nil)
	duty.get("/o/laixi/situation?split=colour").wants(t, http.StatusUnprocessableEntity, []string{"colour"}, nil)
	duty.get("/o/laixi/situation?by=moon").wants(t, http.StatusUnprocessableEntity, []string{"moon"}, nil)
	// One's own district, and nobody who reads only counts.
	c.as("epi-east").get("/o/laixi/situation?by=confirmation&split=area").wants(t, http.StatusOK, []string{"<li>Laixi</li>"}, []string{"Shibei"})
	c.as("viewer").get("/o/laixi/situation").wants(t, http.StatusForbidden, nil, nil)
}
