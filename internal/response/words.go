package response

import (
	"firebreak/internal/protocol"
	"firebreak/internal/task"
)

// Sentence is a reason ready for a person: a key of Words and what to put in its place.
type Sentence struct {
	Key    string          // "rule.case_confirmed"
	Clause protocol.Clause // the value the rule went by; its Path is set even where the pack no longer has it
	Fact   task.FactRef
}

// Explain says a reason: by which rule, under which value of the pack. The pack must be the one that the reason names.
func Explain(p *protocol.Pack, b task.Because) Sentence {
	c, ok := p.Clause(b.Clause)
	if !ok {
		c.Path = b.Clause
	}
	return Sentence{Key: "rule." + b.Rule, Clause: c, Fact: b.Fact}
}

// Words returns the texts of rules, tasks and follow-up in a language, "en" or "zh", by key: "rule.<name>", "task.<kind>".
// An unknown language gets English.
func Words(lang string) map[string]string {
	if lang == "zh" {
		return map[string]string{
			"rule.case_suspected": "有人可能感染", "rule.case_confirmed": "病例确诊", "rule.case_corrected": "病例信息更正", "rule.person_merged": "采样管中同一人的两条记录合并或撤销合并", "rule.case_merged": "同一病例的两条记录合并或撤销合并", "rule.contact_merged": "同一接触者的两条记录合并或撤销合并", "rule.case_closed": "病例结案",
			"rule.case_investigated": "流行病学调查完成", "rule.case_progress": "病例已报告、核实、隔离或入院", "rule.zone_proposed": "建议或决定划定风险区", "rule.zone_due": "风险区满足或不再满足解除条件",
			"rule.contact_listed": "登记为接触者", "rule.contact_progress": "接触者信息有变化", "rule.tier_changed": "接触者类别变化", "rule.check": "健康监测已做或未见到人",
			"rule.stay": "入住与离开", "rule.symptom": "接触者出现症状", "rule.followup_due": "随访期满", "rule.contact_became_case": "接触者转为病例", "rule.result": "采样或检测结果", "rule.pack_changed": "疫情改用另一防控方案包",
			"rule.contact_groundless": "不再有成为接触者的依据", "rule.deadline_passed": "超过时限",
			"task.report_case": "网络报告病例", "task.verify_case": "核实报告", "task.sample_case": "采样确诊或排除", "task.move_case": "转运病例", "task.admit_case": "收治入院",
			"task.investigate_case": "完成流行病学调查", "task.list_contacts": "完成接触者名单", "task.decide_zone": "决定风险区", "task.review_zone": "决定是否解除风险区", "task.discharge_case": "检测并决定出院",
			"task.reach_contact": "找到接触者", "task.quarantine_contact": "落实隔离", "task.check_contact": "健康监测", "task.sample_contact": "采样", "task.release_contact": "解除管控", "task.check_out": "办理离开", "task.bring_home": "送返回家",
			"task.offer_prophylaxis": "暴露后预防",
			"rule.pool_positive":     "混采管阳性", "rule.tube_failed": "采样管未得出结果", "rule.tube_corrected": "采样管结果更正", "rule.tube_checked": "已核查采样管", "rule.told": "已告知当事人原地等候",
			"rule.appeal": "被要求原地等候者提出申诉或得到答复", "rule.unknown_positive": "实验室检出无登记的阳性采样管，或该管已查明", "rule.hold_over": "原地等候到期", "rule.selftest": "报告抗原自测结果",
			"task.hold_person": "通知当事人原地等候并说明原因", "task.resample_single": "单管复采", "task.answer_appeal": "答复原地等候者的申诉", "task.find_desk": "查找阳性采样管的采样台", "task.find_named": "查找外区协查人员", "task.quarantine_named": "将协查人员纳入隔离观察", "rule.assistance": "向外区发出协查，或协查有进展", "task.move_person": "转运至指定地点", "task.check_tube": "核查是否错管或漏人", "task.sample_again": "重新采样", "task.sample_self_test": "抗原自测阳性后核酸检测",
			"rule.severity_changed":   "病情轻重有变化",
			"rule.admitted":           "病例入院或转床",
			"rule.discharged":         "病例出院",
			"rule.beds_counted":       "床位清点",
			"rule.reserve":            "建议、决定或启用后备收治场所",
			"rule.conversion":         "病房改为重症监护或改回",
			"rule.care_event":         "院内感染事件",
			"rule.incident":           "场所突发情况",
			"task.handle_incident":    "处置场所突发情况",
			"rule.deficiency":         "场所检查发现问题或整改完成",
			"task.correct_deficiency": "整改场所检查发现的问题",
			"task.transfer_case":      "转送医院",
			"task.move_to_icu":        "转入重症监护",
			"task.sample_home":        "出院后居家采样",
			"task.monitor_home":       "出院后居家健康监测",
			"task.readmit_case":       "再次收治入院",
			"task.decide_reserve":     "决定是否启用后备场所",
			"task.open_reserve":       "后备场所准备就绪",
			"task.convert_room":       "完成病房改造",
			"task.contain_event":      "控制院内感染事件",
			"rule.restriction":        "限制措施已告知、复核、变更或到期，或提出、满足生活需求", "task.tell_restriction": "告知限制措施及理由", "task.review_restriction": "复核限制措施是否仍有必要", "task.meet_need": "满足被限制人员的需求",
		}
	}
	return map[string]string{
		"rule.case_suspected": "somebody may be a case", "rule.case_confirmed": "the case is proven", "rule.case_corrected": "the case's facts were corrected",
		"rule.person_merged": "two records of somebody in a tube were made one, or two again", "rule.case_merged": "two records of one case were made one, or two again", "rule.contact_merged": "two records of one contact were made one, or two again",
		"rule.case_closed": "the case has ended", "rule.case_investigated": "the investigation is complete", "rule.case_progress": "the case was reported, verified, isolated or admitted",
		"rule.zone_proposed": "a zone was proposed or decided", "rule.zone_due": "a zone's lifting test is met, or is not any more", "rule.contact_listed": "named as a contact", "rule.contact_progress": "something about the contact changed",
		"rule.tier_changed": "the contact is in another tier", "rule.check": "the contact was checked, or not found", "rule.stay": "a stay began or ended", "rule.symptom": "the contact has a symptom",
		"rule.followup_due": "the last day of follow-up has passed", "rule.contact_became_case": "the contact is a case now", "rule.result": "a specimen was taken or its result reported", "rule.pack_changed": "the outbreak goes on under another pack",
		"rule.contact_groundless": "nothing is left that made them a contact", "rule.deadline_passed": "the deadline has passed",
		"task.report_case": "report the case", "task.verify_case": "verify the report", "task.sample_case": "sample to confirm or rule out", "task.move_case": "move the case to isolation",
		"task.admit_case": "admit the case", "task.investigate_case": "complete the investigation", "task.list_contacts": "complete the list of contacts", "task.decide_zone": "decide the zone", "task.review_zone": "decide whether the zone is lifted",
		"task.discharge_case": "test and decide discharge", "task.reach_contact": "find and reach the contact", "task.quarantine_contact": "bring into quarantine",
		"task.check_contact": "check on the contact", "task.sample_contact": "take a specimen", "task.release_contact": "release from follow-up", "task.check_out": "let them go", "task.bring_home": "bring them home", "task.offer_prophylaxis": "offer prophylaxis",
		"rule.pool_positive": "a tube of several people is positive", "rule.tube_failed": "a tube told nothing", "rule.tube_corrected": "the result of a tube was corrected", "rule.tube_checked": "a tube was checked for a swap",
		"rule.told": "somebody was told that they are held", "rule.appeal": "somebody who is held appealed, or was answered", "rule.unknown_positive": "a laboratory read a positive tube that no desk told of, or it is known since", "rule.hold_over": "the last moment of a hold has passed", "rule.selftest": "an antigen self-test was reported",
		"task.hold_person": "tell them to stay where they are, and why", "task.resample_single": "sample singly", "task.answer_appeal": "answer the appeal of somebody who is held", "task.find_desk": "find the desk of a positive tube that nobody registered", "task.find_named": "find somebody whom another office named", "task.quarantine_named": "bring somebody whom another office named into quarantine", "rule.assistance": "one office asked another to find somebody, or the other answered", "task.move_person": "bring them where they are sent", "task.check_tube": "look for a swapped tube or a missing member", "task.sample_again": "sample again",
		"task.sample_self_test":   "take a PCR after the self-test",
		"rule.severity_changed":   "somebody told how ill a case is",
		"rule.admitted":           "a case was admitted, or moved to another bed",
		"rule.discharged":         "a case was discharged",
		"rule.beds_counted":       "the beds were counted",
		"rule.reserve":            "a reserve was proposed, decided or opened",
		"rule.conversion":         "a room becomes intensive care, or a ward again",
		"rule.care_event":         "an infection in a hospital",
		"rule.incident":           "something went wrong at a hospital or site",
		"task.handle_incident":    "deal with the incident",
		"rule.deficiency":         "an inspection found that a site does not meet a standard, or meets it again",
		"task.correct_deficiency": "put right what an inspection found",
		"task.transfer_case":      "bring the case to a hospital",
		"task.move_to_icu":        "move to intensive care",
		"task.sample_home":        "take a specimen at home after discharge",
		"task.monitor_home":       "look after them at home after discharge",
		"task.readmit_case":       "admit the case again",
		"task.decide_reserve":     "decide whether the reserve opens",
		"task.open_reserve":       "make the reserve ready",
		"task.convert_room":       "make the room ready",
		"task.contain_event":      "contain the infection in the hospital",
		"rule.restriction":        "somebody was told of a restriction, it was reviewed, changed or over, or something owed was asked for or brought", "task.tell_restriction": "tell them what they are asked, and why",
		"task.review_restriction": "review whether the restriction must go on", "task.meet_need": "bring what they asked for",
	}
}
