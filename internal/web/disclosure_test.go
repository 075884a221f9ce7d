package web_test

import (
	"net/http"
	"testing"

	"firebreak/internal/command"
	"firebreak/internal/journal"
	"firebreak/internal/place"
	"firebreak/internal/store"
)

// TestCountsPointAtNobody: whoever reads counts but no records is told none of a village; whoever reads the records there is.
func TestCountsPointAtNobody(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.must(c.db.Update(t.Context(), func(tx *store.Tx) error {
		ref, err := tx.Append(journal.Entry{Kind: journal.AreasImported, Actor: "test"})
		if err != nil {
			return err
		}
		_, _, _, err = tx.PutAreas([]place.NewJurisdiction{
			{Jurisdiction: place.Jurisdiction{Code: "311", Name: "前村", NameEN: "Fore Village", Level: place.Community, Population: 900}, ParentCode: "31"},
			{Jurisdiction: place.Jurisdiction{Code: "312", Name: "水集", NameEN: "Shuiji", Level: place.Street, Population: 90_000}, ParentCode: "31"},
			{Jurisdiction: place.Jurisdiction{Code: "313", Name: "沽河", NameEN: "Guhe", Level: place.Street, Population: 50_000}, ParentCode: "31"},
		}, map[string]string{"311": square, "312": square, "313": square}, ref.Seq)
		return err
	}))
	c.add("LX-2", "311", "community")
	for _, code := range []string{"LX-3", "LX-4", "LX-5", "LX-6", "LX-7", "LX-8", "LX-9"} {
		c.add(code, "312", "community")
	}
	viewer, epi := c.as("viewer"), c.as("epi-east")

	const hidden = "not shown: too few people"
	// The village's one case is left out, and with it the street that would give it away. The large street is told.
	viewer.get("/o/laixi/now?area=31").wants(t, http.StatusOK, []string{hidden, "fewer than 5", `Shuiji</a></th><td class="num">7</td>`, `<th scope="row">Fore Village</th><td class="num"><span`, `Guhe</a></th><td class="num"><span`},
		[]string{"area=311"})
	epi.get("/o/laixi/now?area=31").wants(t, http.StatusOK, []string{`Fore Village</a></th><td class="num">1</td>`, `Guhe</a></th><td class="num">0</td>`}, []string{hidden})

	// The map says no more than the table.
	viewer.get("/o/laixi/map/districts.geojson?area=31").wants(t, http.StatusOK, []string{`"n":7`, `"name":"Fore Village"`}, []string{`"n":1`, `"n":0`, "area=311"})
	viewer.get("/o/laixi/map/cases.geojson?area=31").wants(t, http.StatusOK, []string{`"n":7`}, []string{"Fore Village", "Guhe"})
	epi.get("/o/laixi/map/cases.geojson?area=31").wants(t, http.StatusOK, []string{`"n":1`, "Fore Village"}, nil)

	// The village itself is answered with what lies around it, in each of its parts.
	viewer.get("/o/laixi/now?area=311").wants(t, http.StatusOK, []string{"Fore Village has no more than 20,000 people", `Shuiji</a></th><td class="num">7</td>`}, nil)
	viewer.get("/o/laixi/now?area=311&part=figures").wants(t, http.StatusOK, []string{`area=31&amp;part=figures`}, []string{"area=311"})
	viewer.get("/o/laixi/map/cases.geojson?area=311").wants(t, http.StatusOK, []string{`"n":7`}, []string{"Fore Village"})
	epi.get("/o/laixi/now?area=311").wants(t, http.StatusOK, nil, []string{"has no more than"})

	// What just happened there, happened in the district.
	viewer.get("/o/laixi/now?part=events").wants(t, http.StatusOK, []string{"Laixi"}, []string{"Fore Village"})
	epi.get("/o/laixi/now?part=events").wants(t, http.StatusOK, []string{"Fore Village"}, nil)
}

// TestMapOfAnOutbreakInOneDistrict: its streets have no outline, and the city of the reader has none; the district's is the ground.
func TestMapOfAnOutbreakInOneDistrict(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.must(c.db.Update(t.Context(), func(tx *store.Tx) error {
		ref, err := tx.Append(journal.Entry{Kind: journal.AreasImported, Actor: "test"})
		if err != nil {
			return err
		}
		_, _, _, err = tx.PutAreas([]place.NewJurisdiction{
			{Jurisdiction: place.Jurisdiction{Code: "0", Name: "山东", NameEN: "Shandong", Level: place.Province}},
			{Jurisdiction: place.Jurisdiction{Code: "3", Name: "青岛", NameEN: "Qingdao", Level: place.City}, ParentCode: "0"},
			{Jurisdiction: place.Jurisdiction{Code: "311", Name: "水集", NameEN: "Shuiji", Level: place.Street, Population: 90_000}, ParentCode: "31"},
			{Jurisdiction: place.Jurisdiction{Code: "312", Name: "沽河", NameEN: "Guhe", Level: place.Street, Population: 50_000}, ParentCode: "31"},
		}, nil, ref.Seq)
		return err
	}))
	_, err := c.cmds.StartOutbreak(t.Context(), command.Owner("test"), command.StartOutbreak{Name: "school", Title: "School", Pack: "covid19/2022-v9", Zone: "Asia/Shanghai", Area: "31"})
	c.must(err)
	c.as("duty").get("/o/school/map/districts.geojson").wants(t, http.StatusOK, []string{`"name":"Laixi"`, `"Polygon"`}, []string{"Shibei"})
}
