package public

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"firebreak/internal/command"
	"firebreak/internal/i18n"
	"firebreak/internal/protocol"
	"firebreak/internal/restriction"
	"firebreak/internal/results"
	"firebreak/internal/screening"
	"firebreak/internal/web/assets"
	"firebreak/internal/web/ui"
	"firebreak/internal/web/uitest"
)

var update = uitest.Update()

var (
	shanghai = time.FixedZone("Asia/Shanghai", 8*3600)
	evening  = time.Date(2022, 3, 10, 21, 40, 0, 0, shanghai)
)

func frame(lang i18n.Lang, path string) ui.Frame {
	return ui.Frame{Lang: lang, Zone: shanghai, Now: evening, Path: path}
}

func area() AreaView {
	return AreaView{
		Name: "水集街道", Crumbs: []ui.Crumb{{Name: "莱西市", Href: "/public/zh/areas/370285"}, {Name: "水集街道"}},
		Rounds: []Turn{{Name: "第四轮", Open: true, Until: evening.Add(10 * time.Hour), Slots: []Slot{{Site: "实验小学", Code: "水集-3", From: evening.Add(time.Hour), Until: evening.Add(3 * time.Hour), SameDay: true, Queue: "reported", Wait: 35 * time.Minute},
			{Site: "中医院", Code: "水集-6", From: evening.Add(2 * time.Hour), Until: evening.Add(4 * time.Hour), Paused: true}}}, {Name: "复采", Open: true, Until: evening.Add(10 * time.Hour), Buildings: []Building{{Name: "3号楼"}, {Name: "12号楼<b>", Slots: []Slot{{Site: "实验小学", From: evening.Add(20 * time.Minute), Until: evening.Add(50 * time.Minute), SameDay: true}}}},
			Others: []Slot{{Site: "中医院", From: evening.Add(time.Hour), Until: evening.Add(5 * time.Hour), Paused: true}}},
			{Name: "第五轮", Part: true, From: evening.Add(24 * time.Hour), Until: evening.Add(48 * time.Hour)}},
		Below: []Area{{Name: "城关社区", Href: "/public/zh/areas/370285001001", Sites: 1}, {Name: "<b>&", Href: "/public/zh/areas/370285001002"}},
		Sites: []SiteView{
			{Name: "水集街道十二号点", Code: "水集-12", Place: "城关社区", Lanes: 4, Queue: "short"},
			{Name: "实验小学", Code: "水集-3", Lanes: 1, Queue: "reported", Wait: 35 * time.Minute},
			{Name: "体育馆", Code: "水集-4", Lanes: 8, Queue: "full"},
			{Name: "广场", Code: "水集-5", Lanes: 2, Queue: "unknown"},
			{Name: "中医院", Code: "水集-6", Lanes: 2, Queue: "unknown", Paused: true},
		},
		More: 3,
	}
}

// told is a result of each state.
func told(s results.State) ResultView {
	r := results.Result{State: s, Sampled: evening.Add(-9 * time.Hour)}
	switch s {
	case results.Nothing:
		r = results.Result{}
	case results.Awaited:
		r.Negative = evening.Add(-33 * time.Hour)
	default:
		r.Resulted = evening.Add(-time.Hour)
	}
	return ResultView{Result: r, Ask: AskForm("en", i18n.Msg{})}
}

func TestGolden(t *testing.T) {
	t.Parallel()
	kit := uitest.Kit(t)
	page := func(p *ui.Page, err error) *ui.Page {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	home, result, areas, failed, selfTest := page(NewHome(kit)), page(NewResult(kit)), page(NewAreas(kit)), page(NewFailed(kit)), page(NewSelfTest(kit))
	for _, lang := range []i18n.Lang{"en", "zh"} {
		name := func(s string) string { return s + "." + string(lang) }
		uitest.Golden(t, *update, name("home"), home, layout, frame(lang, "/"), Home{Ask: AskForm(lang, i18n.Msg{})})
		uitest.Golden(t, *update, name("area"), areas, layout, frame(lang, "/areas/370285001"), area())
		for _, s := range []results.State{results.Nothing, results.Awaited, results.Negative, results.Checked, results.Again, results.Positive} {
			uitest.Golden(t, *update, name("result-"+s.String()), result, "main", frame(lang, "/"), told(s))
		}
	}
	held := told(results.Checked)
	held.Result.HeldUntil = evening.Add(20 * time.Hour)
	lifted := told(results.Negative)
	lifted.Result.Lifted = evening.Add(-30 * time.Minute)
	for _, lang := range []i18n.Lang{"en", "zh"} {
		form := AppealForm(lang, func(name string) string { return map[string]string{"code": "K7Q2M-4XD9R"}[name] }, nil)
		held.Appeal, held.Result.Appeal = &form, results.Appeal{}
		uitest.Golden(t, *update, "result-held."+string(lang), result, "main", frame(lang, "/"), held)
		held.Appeal, held.Result.Appeal = nil, results.Appeal{Filed: evening.Add(-time.Hour)}
		uitest.Golden(t, *update, "result-appealed."+string(lang), result, "main", frame(lang, "/"), held)
		held.Result.Appeal.Answer, held.Result.Appeal.Answered, held.Result.Appeal.Reason = "upheld", evening, "your single test is under way <b>"
		uitest.Golden(t, *update, "result-upheld."+string(lang), result, "main", frame(lang, "/"), held)
		appealed := page(NewAppeal(kit))
		uitest.Golden(t, *update, "appeal-done."+string(lang), appealed, layout, frame(lang, "/"), AppealView{Done: true})
		uitest.Golden(t, *update, "appeal-wrong."+string(lang), appealed, "main", frame(lang, "/"), AppealView{Form: AppealForm(lang, func(string) string { return "" }, map[string]i18n.Msg{"ground": i18n.M("public.appeal.ground_missing")})})
		uitest.Golden(t, *update, "result-lifted."+string(lang), result, "main", frame(lang, "/"), lifted)
		none := func(string) string { return "" }
		uitest.Golden(t, *update, "selftest."+string(lang), selfTest, layout, frame(lang, "/self-test"), SelfTestView{Form: SelfTestForm(lang, []outbreakOf{{"a", "Laixi"}}, none, nil)})
		for _, a := range []command.Advice{command.AdvisePCR, command.AdvisePCRSoon, command.AdviseRepeat, command.AdviseNothing} {
			uitest.Golden(t, *update, "selftest-"+string(a)+"."+string(lang), selfTest, "main", frame(lang, "/self-test"), SelfTestView{Advice: string(a)})
		}
	}
	uitest.Golden(t, *update, "selftest-wrong.en", selfTest, "main", frame("en", "/self-test"), SelfTestView{Form: SelfTestForm("en", []outbreakOf{{"a", "Laixi"}, {"b", "Jimo"}},
		func(name string) string {
			return map[string]string{"name": "<王>", "symptoms": "1", "result": "positive"}[name]
		}, map[string]i18n.Msg{"code": i18n.M("public.selftest.who_missing")})})
	uitest.Golden(t, *update, "areas-unread.en", areas, "main", frame("en", "/areas"), AreaView{Unknown: true})
	uitest.Golden(t, *update, "area-quiet.en", areas, "main", frame("en", "/areas/1"), AreaView{Name: "Laixi"})
	uitest.Golden(t, *update, "result-wrong.en", result, layout, frame("en", "/"), ResultView{Failed: i18n.M("public.failed.code"), Ask: AskForm("en", i18n.M("public.failed.code"))})
	uitest.Golden(t, *update, "failed.zh", failed, layout, frame("zh", "/"), FailedView{i18n.M("public.failed.busy")})
}

// The first page with its style sheet is under 60 kB even where nothing is compressed, runs nothing, and fetches nothing from elsewhere.
func TestFirstPageIsLight(t *testing.T) {
	t.Parallel()
	kit := uitest.Kit(t)
	home, err := NewHome(kit)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := home.Fragment(&b, layout, frame("zh", "/"), Home{Ask: AskForm("zh", i18n.Msg{}), SelfTest: true}); err != nil {
		t.Fatal(err)
	}
	set, err := assets.Load()
	if err != nil {
		t.Fatal(err)
	}
	size := b.Len()
	for _, name := range []string{"css/app.css", "img/icon.svg"} {
		url, err := set.URL(name)
		if err != nil || !strings.Contains(b.String(), url) {
			t.Fatalf("%s: %v", name, err)
		}
		size += len(fetch(t, set, url))
	}
	if t.Logf("%d bytes, %d of them the page", size, b.Len()); size >= 60_000 {
		t.Errorf("the first page takes %d bytes", size)
	}
	for _, bad := range []string{"<script", "http://", "https://", "javascript:"} {
		if strings.Contains(b.String(), bad) {
			t.Errorf("there is %q on the page", bad)
		}
	}
}

func TestRestrictionGolden(t *testing.T) {
	t.Parallel()
	page, err := NewRestriction(uitest.Kit(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range []i18n.Lang{"en", "zh"} {
		name := func(s string) string { return "restriction-" + s + "." + string(lang) }
		ask := RestrictionForm(lang, i18n.Msg{})
		const code = "K7Q2M-4XD9R"
		need := NeedForm(lang, code, []string{"food", "medicine"}, i18n.Msg{})
		object := AppealForm(lang, func(name string) string { return map[string]string{"code": code}[name] }, nil)
		bound := RestrictionView{Told: true, Ask: ask, Need: &need, Object: &object, Noted: "food",
			List: []Bound{{Kind: "quarantine-site", Moving: true, Cause: i18n.M("notice.cause.contact"), Law: protocol.Text{EN: "Law <39>", ZH: "法 <39>"}, Authority: "青山市", Until: evening.Add(96 * time.Hour), Then: "quarantine-home", ThenAt: evening.Add(48 * time.Hour),
				Review: evening.Add(72 * time.Hour), Owed: []string{"food", "pay"}, Version: 2}},
			Needs: []restriction.Need{{ID: 1, Kind: restriction.Medicine, AskedAt: evening.Add(-5 * time.Hour), MetAt: evening.Add(-time.Hour)}, {ID: 2, Kind: restriction.Food, AskedAt: evening}}}
		hold := RestrictionView{Told: true, Ask: ask, Appeal: screening.Appeal{ID: 1, FiledAt: evening.Add(-time.Hour)},
			List: []Bound{{Kind: "hold", Cause: i18n.M("notice.cause.tube"), Law: protocol.Text{EN: "Law 39", ZH: "法 39"}, Authority: "青山市", Until: evening.Add(20 * time.Hour), Version: 1}}}
		for n, v := range map[string]RestrictionView{"ask": {Ask: ask}, "bound": bound, "hold": hold, "none": {Told: true, Ask: ask, Ended: evening.Add(-24 * time.Hour)}, "wrong": {Ask: RestrictionForm(lang, i18n.M("public.failed.code")), Failed: i18n.M("public.failed.code")}} {
			uitest.Golden(t, *update, name(n), page, layout, frame(lang, "/restriction"), v)
		}
	}
}
