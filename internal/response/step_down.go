package response

import (
	"time"

	"firebreak/internal/facility"
	"firebreak/internal/protocol"
	"firebreak/internal/treatment"
)

// StepDown says to which less care somebody may go who lies in a hospital; empty where they stay as they are. It is no task, and no clock runs: whoever treats them decides, and asks.
//
//  1. Of whom nobody has told how ill they are, nothing is said.
//  2. From intensive care to a ward, once the pack does not ask for intensive care any more. Nobody leaves a hospital from intensive care.
//  3. From a ward to an isolation site, once the pack treats somebody so ill there, and while the conditions of discharge are not met. Who meets them is discharged.
func StepDown(p *protocol.Pack, f CaseFacts, now time.Time) treatment.Setting {
	in, need := f.Care.in(), NeedOf(p, f)
	switch {
	case in == nil || !need.Told || f.Case.Closed():
	case in.Level == facility.ICU && need.Setting != treatment.InICU:
		return treatment.InWard
	case in.Level != facility.ICU && need.Setting == treatment.AtSite && !Dischargeable(Criteria(p, f, now)):
		return treatment.AtSite
	}
	return ""
}
