package protocol

// Isolation says how people are kept apart at sites, and how many rooms are held ready for it. A pack may leave out any of it: a rule that it does not have is not asked.
type Isolation struct {
	// ChildUntil is the last age, in whole years, at which somebody is not left without an adult of their household.
	ChildUntil Value[int] `yaml:"child_until" unit:"years" optional:"yes"`
	// TurnRoom is how long a room is out of use after a stay: end-of-stay swabs and disinfection.
	TurnRoom Value[int] `yaml:"turn_room" unit:"min|h|d" optional:"yes"`
	// RoomsPer10000 is how many rooms are held, in use or in reserve, for 10,000 inhabitants.
	RoomsPer10000 Value[int] `yaml:"rooms_per_10000" unit:"rooms" optional:"yes"`
	// The shares of them that can be used so many hours after the order.
	Ready24 Value[float64] `yaml:"ready_24h" unit:"share" optional:"yes"`
	Ready48 Value[float64] `yaml:"ready_48h" unit:"share" optional:"yes"`
	Ready72 Value[float64] `yaml:"ready_72h" unit:"share" optional:"yes"`
}
