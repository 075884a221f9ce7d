package web_test

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"firebreak/internal/store"
)

// upload posts a file as the form does, with the fields before it.
func (b *browser) upload(name, text string, fields ...string) answer {
	b.c.t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	for i := 0; i < len(fields); i += 2 {
		b.c.must(m.WriteField(fields[i], fields[i+1]))
	}
	part, err := m.CreateFormFile("file", name)
	b.c.must(err)
	_, err = io.WriteString(part, text)
	b.c.must(err)
	b.c.must(m.Close())
	return b.send("/o/laixi/imports", m.FormDataContentType(), &body, nil)
}

// send posts a body as it is.
func (b *browser) send(path, kind string, body io.Reader, header http.Header) answer {
	b.c.t.Helper()
	req, err := http.NewRequestWithContext(b.c.t.Context(), http.MethodPost, b.c.url+path, body)
	b.c.must(err)
	for k, v := range header {
		req.Header[k] = v
	}
	req.Header.Set("Content-Type", kind)
	req.Header.Set("Accept-Language", b.lang)
	got, err := b.client.Do(req)
	b.c.must(err)
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	b.c.must(err)
	return answer{got.StatusCode, got.Header.Get("Location"), string(text), got.Header}
}

// settled asks for an import until nothing is under way with it.
func (b *browser) settled(path string) answer {
	b.c.t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		a := b.get(path)
		if !strings.Contains(a.body, `id="job"`) || time.Now().After(end) {
			return a
		}
	}
}

const eastList = "Nr,Class,Began,Remark,district,name\nLX-20,confirmed,2022-03-08,said so,Laixi,Zhang San\nLX-21,suspected,no day,,,\nSB-1,suspected,,,,\nLX-20,confirmed,2022-03-01,other,,\n"

func TestImportOnScreen(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	epi := c.as("epi-east")
	epi.get("/o/laixi/imports").wants(t, http.StatusOK, []string{"No import yet", `type="file"`, "kept encrypted for 7 days", `href="/o/laixi/imports"`}, nil)
	a := epi.upload("east list.csv", eastList)
	if a.status != http.StatusSeeOther || !strings.HasPrefix(a.to, "/o/laixi/imports/") {
		t.Fatalf("upload: %d to %q", a.status, a.to)
	}
	path := a.to
	page := epi.get(path)
	page.wants(t, http.StatusOK, []string{"east list.csv", "Zhang San", "only records in Laixi", "What each column is", `<option value="onset"`}, nil)
	form := page.form(t, "map")
	for i, field := range []string{"code", "class", "onset", "-", "district", "name"} {
		form.Set(fmt.Sprintf("col-%d", i), field)
	}
	form.Set("save", "East list")
	form.Set("do", "try")
	if a := epi.post(path+"/columns", form); a.status != http.StatusSeeOther || a.to != path {
		t.Fatalf("choose the columns: %d to %q: %s", a.status, a.to, a.body)
	}
	tried := epi.settled(path)
	tried.wants(t, http.StatusOK, []string{"What would happen", "All 4 rows accounted for", "is known outside the area of this import", "already in row 2", "not a day", path + "/errors.csv", path + "/run"}, nil)
	if got := epi.get("/o/laixi/cases/LX-20"); got.status != http.StatusNotFound {
		t.Errorf("after the dry run the case is there: %d", got.status)
	}
	zh := c.as("epi-east")
	zh.lang = "zh"
	zh.get(path).wants(t, http.StatusOK, []string{"属于本次导入区域以外的已知记录", "不是有效日期", "试运行"}, []string{"known outside"})
	if a := epi.post(path+"/run", url.Values{}); a.status != http.StatusSeeOther {
		t.Fatalf("run: %d", a.status)
	}
	done := epi.settled(path)
	done.wants(t, http.StatusOK, []string{"What happened", "All 4 rows accounted for", "/o/laixi/cases?sort=-entered", "kept encrypted until"}, []string{path + "/run"})
	epi.get("/o/laixi/cases/LX-20").wants(t, http.StatusOK, []string{"2022-03-08"}, nil)
	if k := c.caseNow(c.west.ID); k.Version != c.west.Version {
		t.Error("the west's case was touched")
	}
	file := epi.get(path + "/errors.csv")
	file.wants(t, http.StatusOK, []string{"row,column,value,reason,severity", "reject"}, nil)
	if !strings.Contains(file.header.Get("Content-Disposition"), "attachment") {
		t.Error("the error file is not a download")
	}
	part := epi.get(path + "?part=running")
	if part.header.Get("HX-Refresh") != "true" {
		t.Error("a page that waits for an import that has ended is not told")
	}
	epi.get("/o/laixi/imports").wants(t, http.StatusOK, []string{"east list.csv", "finished"}, []string{"No import yet"})
	if body := epi.get("/o/laixi/imports?part=jobs").body; !strings.HasPrefix(body, `<section class="list" id="jobs"`) {
		t.Errorf("the part is %.80q", body)
	}
	// The next file of the sort is read as saved, and the person is told that this one was there.
	again := epi.upload("again.csv", eastList)
	epi.get(again.to).wants(t, http.StatusOK, []string{"East list", "exactly this content"}, nil)
	if a := epi.post(again.to+"/cancel", url.Values{}); a.status != http.StatusSeeOther {
		t.Errorf("cancel: %d", a.status)
	}
	epi.get(again.to).wants(t, http.StatusOK, []string{"the file was deleted"}, []string{again.to + "/cancel", again.to + "/run"})
}

func TestImportsKeepToTheirDistrict(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	a := c.as("epi-east").upload("list.csv", eastList)
	west := c.as("epi-west")
	west.get("/o/laixi/imports").wants(t, http.StatusOK, []string{"No import yet"}, []string{"list.csv"})
	for _, path := range []string{a.to, a.to + "/errors.csv", a.to + "?part=running", "/o/laixi/imports/999", "/o/laixi/imports/x"} {
		if got := west.get(path); got.status != http.StatusNotFound {
			t.Errorf("%s from the west: %d, want 404", path, got.status)
		}
	}
	for _, step := range []string{"/columns", "/run", "/pause", "/cancel"} {
		if got := west.post(a.to+step, url.Values{"version": {"1"}}); got.status != http.StatusNotFound {
			t.Errorf("post %s from the west: %d, want 404", step, got.status)
		}
	}
	for _, who := range []string{"calls", "viewer", "admin"} {
		b := c.as(who)
		if got := b.get("/o/laixi/imports"); got.status != http.StatusForbidden {
			t.Errorf("imports for %s: %d, want 403", who, got.status)
		}
		if got := b.upload("list.csv", eastList); got.status != http.StatusForbidden {
			t.Errorf("upload by %s: %d, want 403", who, got.status)
		}
	}
	if got := c.as("epi-east").upload("list.csv", eastList, "area", "32"); got.status != http.StatusForbidden {
		t.Errorf("upload into the west from the east: %d, want 403", got.status)
	}
	c.as("duty").get("/o/laixi/imports").wants(t, http.StatusOK, []string{"list.csv", "epi-east"}, nil)
}

func TestBadUploadsOnScreen(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	epi := c.as("epi-east")
	for _, tc := range []struct {
		name, text, says string
	}{
		{"empty.csv", "", "is empty"},
		{"blank.csv", "\n\n", "is empty"},
		{"a.pdf", "%PDF-1.7 x", "neither a text table"},
		{"a.xlsx", "PK\x03\x04cut off", "neither a text table"},
		{"a.csv", "x,y\n\x00\x00\x00", "neither a text table"},
		{"", "a,b\n1,2\n", "choose a file first"},
	} {
		got := epi.upload(tc.name, tc.text)
		got.wants(t, http.StatusUnprocessableEntity, []string{tc.says, `role="alert"`, `type="file"`}, nil)
	}
	epi.post("/o/laixi/imports", url.Values{"file": {"x"}}).wants(t, http.StatusUnprocessableEntity, []string{"choose a file first"}, nil)
	// A body that ends before its boundary: the connection broke.
	cut := "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\ncode,class\nLX-"
	got := epi.send("/o/laixi/imports", "multipart/form-data; boundary=B", strings.NewReader(cut), nil)
	if got.status != http.StatusUnprocessableEntity && got.status != http.StatusBadRequest {
		t.Errorf("an upload that broke off: %d", got.status)
	}
	// Another site's page posts with the person's cookie.
	other := epi.send("/o/laixi/imports", "multipart/form-data; boundary=B", strings.NewReader(cut+"9,x\r\n--B--\r\n"), http.Header{"Sec-Fetch-Site": {"cross-site"}, "Origin": {"https://evil.example"}})
	if other.status != http.StatusForbidden {
		t.Errorf("posted from another site: %d, want 403", other.status)
	}
	epi.get("/o/laixi/imports").wants(t, http.StatusOK, []string{"No import yet"}, nil)
	if anonymous := c.as("").upload("a.csv", eastList); anonymous.status == http.StatusOK || strings.Contains(anonymous.to, "/imports/") {
		t.Errorf("an upload by nobody: %d to %q", anonymous.status, anonymous.to)
	}
}

func TestColumnsAreReadAgain(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	epi := c.as("epi-east")
	// Titles above the header, semicolons, dates that read both ways, a column named twice.
	a := epi.upload("odd.csv", "List of the week;;;\ncode;onset;onset;class\nLX-30;03/04/2022;x;suspected\nLX-31;05/06/2022;y;suspected\n")
	page := epi.get(a.to)
	page.wants(t, http.StatusOK, []string{"can be day-month or month-day", "choose day or month first"}, nil)
	form := page.form(t, "map")
	form.Set("do", "try")
	epi.post(a.to+"/columns", form)
	page = epi.settled(a.to)
	page.wants(t, http.StatusOK, []string{"choose day or month first"}, []string{"What would happen"})
	form = page.form(t, "map")
	form.Set("order-1", "dmy")
	form.Set("do", "try")
	epi.post(a.to+"/columns", form)
	page = epi.settled(a.to)
	page.wants(t, http.StatusOK, []string{"What would happen", "All 2 rows accounted for"}, nil)
	// Back to the columns, another kind of file, and an old form.
	stale := epi.get(a.to+"?step=columns").form(t, "map")
	form = epi.get(a.to+"?step=columns").form(t, "map")
	form.Set("kind", "contacts")
	form.Set("do", "again")
	epi.post(a.to+"/columns", form)
	epi.get(a.to).wants(t, http.StatusOK, []string{`<option value="tier"`}, []string{`<option value="onset"`})
	stale.Set("do", "keep")
	if got := epi.post(a.to+"/columns", stale); got.status != http.StatusConflict {
		t.Errorf("choices on an old page: %d, want 409", got.status)
	}
	form = epi.get(a.to).form(t, "map")
	form.Set("header", "1")
	form.Set("encoding", "gb18030")
	form.Set("do", "again")
	epi.post(a.to+"/columns", form)
	epi.get(a.to).wants(t, http.StatusOK, []string{"List of the week", `value="gb18030" selected`}, nil)
	for name, bad := range map[string]string{"kind": "visits", "header": "99"} {
		form = epi.get(a.to).form(t, "map")
		form.Set(name, bad)
		if got := epi.post(a.to+"/columns", form); got.status != http.StatusUnprocessableEntity {
			t.Errorf("%s=%s: %d, want 422", name, bad, got.status)
		}
	}
	wide := "c0"
	for i := 1; i < 200; i++ {
		wide += fmt.Sprintf(",c%d", i)
	}
	w := epi.upload("wide.csv", wide+"\n1"+strings.Repeat(",x", 199)+"\n")
	epi.get(w.to).wants(t, http.StatusOK, []string{`id="col-199"`}, nil)
}

func TestImportIsSeenLive(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	epi := c.as("epi-east")
	var b strings.Builder
	b.WriteString("code,class,onset,report,diagnosed,outcome,exposure_start\n")
	for i := range 2500 {
		fmt.Fprintf(&b, "L-%d,suspected,2022-03-01,,,,\n", i)
	}
	a := epi.upload("long.csv", b.String())
	epi.post(a.to+"/run", url.Values{})
	sawProgress := false
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		got := epi.get(a.to + "?part=running")
		if strings.Contains(got.body, "sse:imports") && strings.Contains(got.body, "/pause") {
			sawProgress = true
		}
		if got.header.Get("HX-Refresh") == "true" {
			break
		}
	}
	if !sawProgress {
		t.Error("no progress was seen")
	}
	epi.get(a.to).wants(t, http.StatusOK, []string{"All 2,500 rows accounted for"}, nil)
	c.must(c.db.View(t.Context(), func(r *store.Reader) error {
		list, err := r.ImportJobs(c.east.Outbreak, store.Everywhere(), 0, 5)
		if len(list) != 1 || list[0].Created != 2500 || list[0].Login != "epi-east" {
			t.Errorf("imports: %+v", list)
		}
		return err
	}))
}
