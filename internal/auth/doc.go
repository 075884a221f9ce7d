// Package auth says who a caller is and what that caller may do, where, and
// for what purpose.
//
// Its rule is one pure function, [May]: role x area subtree x purpose, deny by
// default. [ScopeOf] is the same rule as a set of area roots, for predicates in
// SQL; a property test holds the two equal. Around it stand passwords
// ([Hasher]), sessions ([Sessions]), API tokens ([APITokens]), the limit on
// log-ins ([Limiter], [LoginDesk]) and the HTTP middleware that turns a request
// into an [Actor].
//
// The package reads no clock where a caller can pass now, and holds no SQL: what
// it needs of a store it declares as structs of functions. Packages command,
// web, field, api, fhir, exchange, store and cmd may import it; nouns and the
// rulebook may not, because a rule never depends on who is looking.
package auth
