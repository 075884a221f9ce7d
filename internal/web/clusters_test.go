package web_test

import (
	"net/http"
	"net/url"
	"testing"
)

// TestClusterFromTheScreen opens a cluster, adds and takes out cases, corrects it beside somebody else, and closes it.
func TestClusterFromTheScreen(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.add("LX-2", "31", "community")
	epi := c.as("epi-east")
	epi.get("/o/laixi/clusters").wants(t, http.StatusOK, []string{"No cluster yet", "/o/laixi/clusters/new"}, []string{"Gather clusters"}) // that reaches over the whole outbreak
	epi.get("/o/laixi/clusters/new?case=LX-1").wants(t, http.StatusOK, []string{">LX-1</textarea>"}, nil)

	school := url.Values{"name": {"Class 3-2"}, "kind": {"school"}, "area": {"31"}, "exposed": {"45"}, "cases": {"LX-1, SB-1"}}
	epi.post("/o/laixi/clusters", school).wants(t, http.StatusUnprocessableEntity, []string{"SB-1 is not the code of a known case", `value="Class 3-2"`}, nil)
	school.Set("cases", "LX-1")
	if a := epi.post("/o/laixi/clusters", school); a.status != http.StatusSeeOther {
		t.Fatalf("opened: %d %s", a.status, a.body)
	}
	const at = "/o/laixi/clusters/CL-1"
	epi.get(at).wants(t, http.StatusOK, []string{"CL-1 · Class 3-2", "2.2 %", `href="/o/laixi/cases/LX-1"`, "1 case added"}, nil)
	epi.get("/o/laixi/cases/LX-1").wants(t, http.StatusOK, []string{`<a href="/o/laixi/clusters/CL-1">CL-1 Class 3-2</a>`}, nil)
	epi.get("/o/laixi/clusters?kind=school&state=open").wants(t, http.StatusOK, []string{"Class 3-2", "2.2 % ("}, nil)
	epi.get("/o/laixi/clusters?kind=event").wants(t, http.StatusOK, nil, []string{"Class 3-2"})
	epi.get("/o/laixi/clusters?kind=party").wants(t, http.StatusUnprocessableEntity, []string{"party"}, nil)

	epi.post(at+"/cases", url.Values{"cases": {"LX-2"}}).wants(t, http.StatusSeeOther, nil, nil)
	epi.post(at+"/cases", url.Values{"cases": {"nobody"}}).wants(t, http.StatusUnprocessableEntity, []string{"nobody is not the code of a known case"}, nil)
	epi.post(at+"/leave", url.Values{"case": {"LX-2"}}).wants(t, http.StatusUnprocessableEntity, []string{"why the case does not belong to it"}, nil)
	epi.post(at+"/leave", url.Values{"case": {"LX-2"}, "reason": {"class 3-1"}}).wants(t, http.StatusSeeOther, nil, nil)
	epi.get(at).wants(t, http.StatusOK, []string{"LX-2 taken out: class 3-1"}, []string{`href="/o/laixi/cases/LX-2"`})

	// The second editor is told what the first changed; what they typed stays.
	first := url.Values{"version": {"1"}, "name": {"Class 3-2"}, "kind": {"school"}, "exposed": {"46"}, "was_exposed": {"45"}}
	epi.post(at, first).wants(t, http.StatusSeeOther, nil, nil)
	second := url.Values{"version": {"1"}, "name": {"Class 3-2"}, "kind": {"school"}, "exposed": {"47"}, "was_exposed": {"45"}}
	c.as("duty").get(at).wants(t, http.StatusOK, []string{"Class 3-2"}, []string{`id="edit"`}) // command reads
	c.as("epi-east").post(at, second).wants(t, http.StatusConflict, []string{"<td>45</td><td>46</td><td>47", `name="exposed" value="47"`, `name="version" value="2"`}, nil)

	epi.post(at+"/state", url.Values{"version": {"2"}, "state": {"closed"}, "reason": {"a fortnight without a case"}}).wants(t, http.StatusSeeOther, nil, nil)
	epi.get(at).wants(t, http.StatusOK, []string{"Closed: a fortnight without a case", "Open again"}, []string{`action="/o/laixi/clusters/CL-1/cases"`})

	// Beyond the district nothing is there, and who reads only counts has no such screen.
	c.as("epi-west").get(at).wants(t, http.StatusNotFound, nil, []string{"Class 3-2"})
	c.as("epi-west").get("/o/laixi/clusters").wants(t, http.StatusOK, nil, []string{"Class 3-2"})
	c.as("viewer").get("/o/laixi/clusters").wants(t, http.StatusForbidden, nil, nil)

	epi.get("/o/laixi/clusters/export").wants(t, http.StatusOK, []string{"cluster,name,kind", "CL-1,Class 3-2,school,,31,,,1,1,46,0.0217,"}, nil)
}
