package isolation

import (
	"firebreak/internal/command"
	"firebreak/internal/facility"
)

// shiftColumns are what a row says of a shift, in the order that is taken where no header says otherwise.
var shiftColumns = []string{"worker", "role", "zone", "from", "to"}

// ReadShifts reads shifts as people paste them from a sheet, each with the line in which it stands; see readSheet.
func ReadShifts(text string) (list []command.ShiftOf, lines []int, err error) {
	rows, err := readSheet(text, "worker", shiftColumns)
	if err != nil {
		return nil, nil, err
	}
	for _, x := range rows {
		list = append(list, command.ShiftOf{Worker: x.cells["worker"], Role: x.cells["role"], Zone: x.cells["zone"], From: x.cells["from"], To: x.cells["to"]})
		lines = append(lines, x.line)
	}
	if len(list) == 0 {
		return nil, nil, &command.Invalid{Field: "rows", Reason: "no row with a shift was found"}
	}
	return list, lines, nil
}

// InWords takes the words of the page for roles and zones, as well as those of the interface: who pastes a sheet in Chinese has written it in Chinese. word says in the page's language what a value is
// called.
func InWords(list []command.ShiftOf, word func(prefix, value string) string) {
	for i := range list {
		for _, r := range facility.Roles() {
			if name := word("staff_role", string(r)); name != "" && list[i].Role == name {
				list[i].Role = string(r)
			}
		}
		for _, z := range []facility.StaffZone{facility.CleanZone, facility.ContaminatedZone} {
			if name := word("staff_zone", string(z)); name != "" && list[i].Zone == name {
				list[i].Zone = string(z)
			}
		}
	}
}
