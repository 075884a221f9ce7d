package exchange

import (
	"math"
	"strconv"
	"strings"
)

// isMissing says whether a trimmed cell stands for "nothing known". Only forms that programs write are meant: a hospital
// called "Na" keeps its name. 不详 and unknown are for the fields to judge, since "unknown" can be an answer.
func isMissing(s string) bool {
	switch len(s) {
	case 0:
		return true
	case 1:
		return s == "." || s == "-"
	case 2:
		return s == "NA" || s == "--"
	case 3:
		return s == "N/A" || s == "n/a" || s == "NaN" || s == "nan" || s == "—"
	case 4:
		return s == "NULL" || s == "null" || s == "#N/A"
	default:
		return false
	}
}

// unknownWord says whether a word states that the value is not known.
func unknownWord(s string) bool {
	switch strings.ToLower(s) {
	case "unknown", "unk", "u", "not known", "not available", "missing", "inconnu", "desconocido", "desconhecido", "不详", "未知", "不明", "tbd", "pending", "?":
		return true
	default:
		return false
	}
}

// parseSex knows the words of English, Chinese, French, Spanish and Portuguese files, and Go.Data's reference codes.
func parseSex(s string) (Sex, bool) {
	switch w := strings.ToLower(lastCode(s)); w {
	case "m", "male", "man", "boy", "男", "男性", "masculin", "homme", "masculino", "hombre", "varon", "varón", "homem":
		return Male, true
	case "f", "female", "woman", "girl", "女", "女性", "féminin", "feminin", "femme", "femenino", "mujer", "feminino", "mulher":
		return Female, true
	case "other", "o", "diverse", "non-binary", "intersex", "其他":
		return OtherSex, true
	default:
		return "", unknownWord(w)
	}
}

// lastCode takes Go.Data's reference-data prefix off a value (LNG_REFERENCE_DATA_CATEGORY_GENDER_MALE -> MALE).
func lastCode(s string) string {
	const prefix = "LNG_REFERENCE_DATA_CATEGORY_"
	if !strings.HasPrefix(s, prefix) {
		return s
	}
	rest := s[len(prefix):]
	for _, category := range []string{"GENDER_", "CASE_CLASSIFICATION_", "OUTCOME_", "RISK_LEVEL_", "PERSON_TYPE_"} {
		if v, ok := strings.CutPrefix(rest, category); ok {
			return strings.ReplaceAll(v, "_", " ")
		}
	}
	return rest
}

// parseClass knows the classifications of WHO, Go.Data, SORMAS and Chinese reports.
func parseClass(s string) (Class, bool) {
	w := strings.ToLower(lastCode(s))
	switch w {
	case "confirmed", "confirmed case", "confirmado", "confirme", "confirmé", "laboratory confirmed", "lab confirmed", "lab-confirmed", "confirmed no symptoms", "confirmed unknown symptoms", "confirmed_no_symptoms", "confirmed_unknown_symptoms", "确诊", "确诊病例", "实验室确诊":
		if strings.Contains(w, "no") && strings.Contains(w, "symptoms") && !strings.Contains(w, "unknown") {
			return Asymptomatic, true
		}
		return Confirmed, true
	case "probable", "probable case", "临床诊断", "临床诊断病例", "epi-linked", "epidemiologically linked":
		return Probable, true
	case "suspected", "suspect", "suspected case", "suspect case", "sospechoso", "suspeito", "person under investigation", "pui", "疑似", "疑似病例":
		return Suspected, true
	case "asymptomatic", "asymptomatic infection", "asymptomatic case", "无症状", "无症状感染者", "无症状感染":
		return Asymptomatic, true
	case "discarded", "not a case", "not a case (discarded)", "not a case discarded", "no case", "no_case", "non case", "descartado", "排除", "已排除", "排除病例":
		return Discarded, true
	case "not classified", "not_classified", "not yet classified", "unclassified", "未分类":
		return "", true
	default:
		return "", unknownWord(w)
	}
}

// parseOutcome knows outcome words. Words for "still ill" or "alive when last seen" are no outcome and no error.
func parseOutcome(s string) (Outcome, bool) {
	w := strings.ToLower(lastCode(s))
	switch w {
	case "died", "dead", "death", "deceased", "fatal", "décédé", "decede", "deces", "décès", "muerto", "fallecido", "falleció", "óbito", "obito", "morto", "死亡", "已死亡":
		return Died, true
	case "recovered", "recover", "recovery", "discharged", "discharge", "cured", "released", "guéri", "gueri", "recuperado", "alta", "痊愈", "治愈", "出院", "治愈出院", "已出院", "康复":
		return Recovered, true
	case "alive", "vivant", "vivo", "hospitalized", "hospitalised", "active", "ongoing", "ill", "still ill", "no outcome", "no_outcome", "no outcome yet", "not recovered", "住院", "在院", "治疗中", "隔离", "存活":
		return "", true
	default:
		return "", unknownWord(w)
	}
}

// parseAge reads years, years with a unit in the same cell (6 months, 45岁, 3月龄), or an age class (60-69, 80+, <1).
// unit is the unit column's value, if there is one.
func parseAge(s, unit string) (Age, bool) {
	per := 1.0
	if unit != "" {
		p, ok := yearsPer(unit)
		if !ok {
			return Age{}, false
		}
		per = p
	}
	if v, err := strconv.ParseFloat(s, 64); err == nil {
		return ageOf(v * per)
	}
	if unknownWord(s) {
		return Age{}, true
	}
	i := 0
	for i < len(s) && (s[i] >= '0' && s[i] <= '9' || s[i] == '.') {
		i++
	}
	if i > 0 {
		rest := trim(s[i:])
		if p, ok := yearsPer(rest); ok {
			v, err := strconv.ParseFloat(s[:i], 64)
			if err != nil {
				return Age{}, false
			}
			return ageOf(v * p)
		}
	}
	if isAgeClass(s) {
		return Age{Class: s}, true
	}
	return Age{}, false
}

func ageOf(v float64) (Age, bool) {
	if math.IsNaN(v) || v < 0 || v > 130 {
		return Age{}, false
	}
	return Age{Years: v, Known: true}, true
}

// yearsPer is the length of an age unit in years.
func yearsPer(unit string) (float64, bool) {
	switch strings.ToLower(unit) {
	case "y", "yr", "yrs", "year", "years", "years old", "岁", "周岁", "ans", "años", "anos":
		return 1, true
	case "m", "mo", "month", "months", "月", "个月", "月龄", "mois", "meses":
		return 1.0 / 12, true
	case "w", "week", "weeks", "周":
		return 7 / 365.25, true
	case "d", "day", "days", "天", "日", "日龄", "jours", "días", "dias":
		return 1 / 365.25, true
	default:
		return 0, false
	}
}

// isAgeClass accepts texts made of one or two numbers and the marks of ranges.
func isAgeClass(s string) bool {
	if len(s) > 24 {
		return false
	}
	digits := 0
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case strings.ContainsRune("-–—~+<>≥≤ ,[)(]岁至到以上下", r):
		default:
			if w := strings.ToLower(strings.Trim(s, "0123456789-+ ")); w == "to" || w == "years" || w == "and over" || w == "plus" || w == "s" {
				continue
			}
			return false
		}
	}
	return digits > 0 && digits <= 6
}

// parseCoordinate reads degrees, with a decimal point or, as many spreadsheets have it, a decimal comma.
func parseCoordinate(s string, limit float64) (float64, bool) {
	if strings.Count(s, ",") == 1 && !strings.Contains(s, ".") {
		s = strings.Replace(s, ",", ".", 1)
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(v) || v < -limit || v > limit {
		return 0, false
	}
	return v, true
}
