package trip

// Budget says which share of the search is done, after so many steps; at 1 the search ends. It is asked every 64 steps.
type Budget func(steps int) float64

// Steps is a budget of so many steps: the same seed gives the same plan on any machine.
func Steps(n int) Budget {
	return func(steps int) float64 {
		if n <= 0 {
			return 1
		}
		return float64(steps) / float64(n)
	}
}
