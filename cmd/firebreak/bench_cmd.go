package main

type benchCmd struct {
	Outbreak benchOutbreakCmd `cmd:"" default:"withargs" help:"Build a synthetic outbreak of any size and measure lists, Now, duplicates, exports and bulk changes on it."`
	Capture  benchCaptureCmd  `cmd:"" help:"Drive a server with many devices at a time, and count what became of every sample."`
	Lookup   benchLookupCmd   `cmd:"" help:"Drive a server with a crowd that looks its results up, alone and while devices send samples."`
	Crowd    benchCrowdCmd    `cmd:"" hidden:""`
	Round    benchRoundCmd    `cmd:"" help:"Play a whole round of a city against a server: samples, results, positives, samples again, who is missing."`
	Trace    benchTraceCmd    `cmd:"" help:"Make a city of visits and ask for contacts, secondary contacts and shared places."`
}
