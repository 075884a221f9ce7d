// Package place holds where things are: jurisdictions, which form a tree of any depth, and the places people go to.
//
// It reads lists of jurisdictions and their outlines from an io.Reader and does no other I/O; it reads no clock. Any package may import
// it; it imports none of this module.
package place

// AreaID names a jurisdiction: a node of the tree, from the nation down to a community. Zero means "no area known".
// Every row that belongs to somewhere carries the AreaID of the smallest jurisdiction known for it.
type AreaID int64

// ID names a place: a school, a market, a home address.
type ID int64

// BuildingID names a building of a community.
type BuildingID int64

// Building is where people live: a house, or one entrance of a block, as community workers name it.
type Building struct {
	ID       BuildingID
	Area     AreaID
	District AreaID
	Name     string // 3号楼2单元; unique in its area
}

// Level is how far down the tree a jurisdiction stands, in the words of the country.
type Level string

// The levels this software gives a meaning to. A country may use others; they only name.
const (
	Nation    Level = "nation"
	Province  Level = "province"
	City      Level = "city"
	District  Level = "district"
	Street    Level = "street"
	Community Level = "community"
)

// Jurisdiction is one node of the tree.
type Jurisdiction struct {
	ID         AreaID
	Parent     AreaID // zero at a root
	Code       string // the official code, unique in the tree (GB/T 2260 style, ISO 3166-2, a P-code ...)
	Name       string // as people there write it
	NameEN     string // empty where none is known
	Level      Level
	Population int64 // 0 where unknown
}

// NewJurisdiction is a jurisdiction as a file gives it: its parent is named by code, and it has no ID yet.
type NewJurisdiction struct {
	Jurisdiction
	ParentCode string // empty at a root
}
