package bed

import "math"

// earth is the mean radius, kilometres.
const earth = 6371.0088

// line is the straight line over ground between two places, in kilometres (haversine).
func line(lat1, lon1, lat2, lon2 float64) float64 {
	const rad = math.Pi / 180
	a, b := math.Sin((lat2-lat1)*rad/2), math.Sin((lon2-lon1)*rad/2)
	return 2 * earth * math.Asin(math.Sqrt(math.Min(1, a*a+math.Cos(lat1*rad)*math.Cos(lat2*rad)*b*b)))
}
