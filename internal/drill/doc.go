// Package drill plays a scenario against a running server, as the people of a city and of its response would: a made-up city in which a disease really spreads, and
// clinics, investigators, samplers, laboratories, dispatchers, drivers, sites and hospitals who read from the server what they are to do, and do it with their delays and
// mistakes. What the system does not ask for is not done.
//
// It acts through the public interface alone (REST, and the capture endpoint of devices). What is true stays in sim's World, to be held against what the system knew:
// package scorecard. The server's clock is moved from here, event by event. It reads no clock of its own but to say how long it took. cmd imports it.
//
// The vocabulary, on one screen:
//
//	Drill      one play: the world, the actors and their agenda (drill.go)
//	agenda     what somebody will do at a minute (agenda.go)
//	client     requests as people of a role (client.go)
//	roster     who of the city is who in the system (roster.go)
//	apart      why somebody is kept apart, and so how (apart.go)
//	desk of tasks   what the system asks for, and who does it (tasks.go)
package drill
