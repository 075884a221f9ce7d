package trace

import (
	"errors"
	"fmt"
	"strings"

	"firebreak/internal/protocol"
)

// The kinds of places. The numbers are kept in stores: a new kind goes at the end.
const (
	Unknown    Kind = iota
	Home            // a dwelling
	School          // its yard and corridors
	Class           // one class-room with those who sit in it
	Office          // where people work beside each other
	Factory         // a hall or a line
	Shop            // and markets
	Canteen         // and restaurants: people eat without masks
	Transport       // a car, a bus, a carriage
	Care            // a care home, a nursery
	Hospital        // and clinics
	Leisure         // sport, games, singing, a cinema
	Worship         // and funerals
	Outdoors        // in the open air
	Meeting         // two people measured, or said, to have been together: a place of their own
	Quarantine      // a site where contacts stay
	Untimed         // two people said to have been together, nobody knows for how long: a second stands for it, or the whole day where nobody knows when on it
	kinds
)

var kindWords = [kinds]string{
	Unknown: "", Home: "home", School: "school", Class: "class", Office: "office", Factory: "factory", Shop: "shop", Canteen: "canteen", Transport: "transport",
	Care: "care", Hospital: "hospital", Leisure: "leisure", Worship: "worship", Outdoors: "outdoors", Meeting: "meeting", Quarantine: "quarantine", Untimed: "untimed",
}

// kindAlso are other words that files use.
var kindAlso = map[string]Kind{
	"household": Home, "dwelling": Home, "classroom": Class, "work": Office, "workplace": Office, "plant": Factory, "market": Shop, "store": Shop, "supermarket": Shop, "restaurant": Canteen, "bus": Transport,
	"train": Transport, "taxi": Transport, "vehicle": Transport, "care home": Care, "care_home": Care, "nursery": Care, "clinic": Hospital, "gym": Leisure, "church": Worship, "temple": Worship, "park": Outdoors,
	"住宅": Home, "家": Home, "家庭": Home, "学校": School, "班级": Class, "教室": Class, "办公": Office, "办公室": Office, "单位": Office, "工厂": Factory, "商店": Shop, "商场": Shop, "超市": Shop, "市场": Shop,
	"食堂": Canteen, "餐厅": Canteen, "饭店": Canteen, "交通": Transport, "交通工具": Transport, "公交": Transport, "地铁": Transport, "养老院": Care, "托育": Care, "医院": Hospital, "诊所": Hospital,
	"娱乐": Leisure, "宗教": Worship, "户外": Outdoors, "隔离点": Quarantine,
}

// ErrKind is wrapped by ParseKind.
var ErrKind = errors.New("is no kind of place: home, school, class, office, factory, shop, canteen, transport, care, hospital, leisure, worship, outdoors, meeting or quarantine")

// ParseKind reads the word of a kind, in any of the ways in which files say it. The empty word is Unknown.
func ParseKind(s string) (Kind, error) {
	word := strings.ToLower(strings.TrimSpace(s))
	for k, w := range kindWords {
		if w == word {
			return Kind(k), nil
		}
	}
	if k, ok := kindAlso[word]; ok {
		return k, nil
	}
	return Unknown, fmt.Errorf("%q %w", s, ErrKind)
}

// String is the word of the kind; empty for Unknown.
func (k Kind) String() string {
	if int(k) < len(kindWords) {
		return kindWords[k]
	}
	return ""
}

// AllKinds lists the kinds that are known, in the order of their numbers.
func AllKinds() []Kind {
	out := make([]Kind, 0, kinds-1)
	for k := Unknown + 1; k < kinds; k++ {
		out = append(out, k)
	}
	return out
}

// RatesOf are the pack's weights of an hour together, by kind: what Rules.Rates takes. A kind that the pack does not weigh is 1. A whole day that stands for a meeting of which nobody knows how long it was weighs no more than a second.
func RatesOf(p *protocol.Pack) []float32 {
	w := &p.Tracing.Weights
	out := make([]float32, kinds)
	for k := range out {
		out[k] = 1
	}
	for _, x := range []struct {
		kind Kind
		v    *protocol.Value[float64]
	}{
		{Home, &w.Home}, {School, &w.School}, {Class, &w.Class}, {Office, &w.Office}, {Factory, &w.Factory}, {Shop, &w.Shop}, {Canteen, &w.Canteen}, {Transport, &w.Transport}, {Care, &w.Care},
		{Hospital, &w.Hospital}, {Leisure, &w.Leisure}, {Worship, &w.Worship}, {Outdoors, &w.Outdoors}, {Meeting, &w.Meeting}, {Quarantine, &w.Quarantine},
	} {
		if x.v.Set() {
			out[x.kind] = float32(x.v.Value)
		}
	}
	out[Untimed] = 1.0 / secondsOfDay
	return out
}
