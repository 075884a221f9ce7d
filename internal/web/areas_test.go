package web_test

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"firebreak/internal/auth"
	"firebreak/internal/command"
)

// sendFiles posts files as a form does: name of the field, then content.
func (b *browser) sendFiles(path string, files map[string]string) answer {
	b.c.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, content := range files {
		part, err := w.CreateFormFile(name, name+".csv")
		b.c.must(err)
		_, err = part.Write([]byte(content))
		b.c.must(err)
	}
	b.c.must(w.Close())
	r, err := http.NewRequestWithContext(b.c.t.Context(), http.MethodPost, b.c.url+path, &body)
	b.c.must(err)
	r.Header.Set("Accept-Language", b.lang)
	r.Header.Set("Content-Type", w.FormDataContentType())
	got, err := b.client.Do(r)
	b.c.must(err)
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	b.c.must(err)
	return answer{got.StatusCode, got.Header.Get("Location"), string(text), got.Header}
}

var hidden = regexp.MustCompile(`<input type="hidden" name="(seen|files)" value="([^"]*)">`)

func agreed(a answer) url.Values {
	v := url.Values{}
	for _, m := range hidden.FindAllStringSubmatch(a.body, -1) {
		v.Set(m[1], strings.ReplaceAll(m[2], "&#43;", "+"))
	}
	return v
}

func TestAreasAreTriedThenBroughtIn(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.operator("admin-east", auth.RoleAdministrator, "31")
	admin, east := c.as("admin"), c.as("admin-east")

	// Who sees what of the tree.
	if got := c.as("duty").get("/admin/areas").status; got != http.StatusForbidden {
		t.Errorf("a duty officer: %d, want 403", got)
	}
	admin.get("/admin/areas").wants(t, http.StatusOK, []string{"Qingdao", `href="/admin/areas?at=3"`, "2 of 3 have a boundary"}, nil)
	admin.get("/admin/areas?at=3").wants(t, http.StatusOK, []string{"Laixi", "Shibei", "district"}, nil)
	admin.get("/admin/areas?q=shib").wants(t, http.StatusOK, []string{"Shibei"}, []string{"莱西"})
	east.get("/admin/areas").wants(t, http.StatusOK, []string{"Laixi", "1 of 1 have a boundary"}, []string{"Shibei"})
	if got := east.get("/admin/areas?at=3").status; got != http.StatusUnprocessableEntity {
		t.Errorf("a branch of others: %d, want 422", got)
	}

	// What is wrong is said by row and field, and can be mended only in the file.
	const head = "code,name,level,parent,population\n"
	admin.sendFiles("/admin/areas/preview", nil).wants(t, http.StatusUnprocessableEntity, []string{"Choose a file of jurisdictions"}, nil)
	admin.sendFiles("/admin/areas/preview", map[string]string{"boundaries": "{"}).wants(t, http.StatusUnprocessableEntity, []string{"This is not GeoJSON"}, nil)
	bad := admin.sendFiles("/admin/areas/preview", map[string]string{"jurisdictions": head + "33,New,district,9,\n31,Laixi,street,32,\n"})
	bad.wants(t, http.StatusOK, []string{"row 2", "neither in the file nor known", "row 3", "another district", "all or nothing"}, []string{`name="files"`})
	east.sendFiles("/admin/areas/preview", map[string]string{"jurisdictions": head + "32,Mine,district,31,\n"}).wants(t, http.StatusOK, []string{"outside the areas that you administer"}, []string{`name="files"`})

	// Tried, then applied.
	text := head + "33,Chengyang,district,3,\n31,Laixi,district,3,720000\n"
	tried := admin.sendFiles("/admin/areas/preview", map[string]string{"jurisdictions": text})
	tried.wants(t, http.StatusOK, []string{"1 created, 1 changed", "population: 0 → 720000"}, nil)
	admin.get("/admin/areas?q=chengyang").wants(t, http.StatusOK, nil, []string{`data-label="Name"><a`})
	if got := east.post("/admin/areas", agreed(tried)).status; got != http.StatusUnprocessableEntity {
		t.Errorf("an administrator of the east applies it: %d, want 422", got)
	}
	done := admin.post("/admin/areas", agreed(tried))
	if done.status != http.StatusSeeOther || done.to != "/admin/areas?imported=1-1-0-0" {
		t.Fatalf("apply: %d to %q", done.status, done.to)
	}
	admin.get(done.to).wants(t, http.StatusOK, []string{"Brought in: 1 new, 1 changed"}, nil)
	admin.get("/admin/areas?at=3").wants(t, http.StatusOK, []string{"Chengyang", "720,000"}, nil)

	// Somebody else was faster: what it would do now is shown again.
	if _, err := c.cmds.ImportAreas(t.Context(), command.Owner("test"), command.ImportAreas{Jurisdictions: command.AreaFile{Name: "x", Content: []byte(head + "34,X,district,3,\n")}}); err != nil {
		t.Fatal(err)
	}
	admin.post("/admin/areas", agreed(tried)).wants(t, http.StatusConflict, []string{"The tree was changed meanwhile", "The files change nothing"}, nil)
	if got := admin.post("/admin/areas", url.Values{"seen": {"1"}, "files": {"no"}}).status; got != http.StatusUnprocessableEntity {
		t.Errorf("files of no preview: %d, want 422", got)
	}
}
