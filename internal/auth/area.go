package auth

// AreaID is the id of a jurisdiction.
type AreaID = int64
