// The rooms of words that the console brings along; `../../messages/` has others, which only the server's own pages need.

import enAdministration from "../../messages/en/administration.json";
import enAlerts from "../../messages/en/alerts.json";
import enCentre from "../../messages/en/centre.json";
import enFrame from "../../messages/en/frame.json";
import enPlans from "../../messages/en/plans.json";
import enRecord from "../../messages/en/record.json";
import enLogin from "../../messages/en/login.json";
import enPeople from "../../messages/en/people.json";
import enResidents from "../../messages/en/residents.json";
import enRounds from "../../messages/en/rounds.json";
import enRules from "../../messages/en/rules.json";
import enThings from "../../messages/en/things.json";
import enServices from "../../messages/en/services.json";
import enSeat from "../../messages/en/seat.json";
import zhAdministration from "../../messages/zh-CN/administration.json";
import zhAlerts from "../../messages/zh-CN/alerts.json";
import zhCentre from "../../messages/zh-CN/centre.json";
import zhFrame from "../../messages/zh-CN/frame.json";
import zhPlans from "../../messages/zh-CN/plans.json";
import zhRecord from "../../messages/zh-CN/record.json";
import zhLogin from "../../messages/zh-CN/login.json";
import zhPeople from "../../messages/zh-CN/people.json";
import zhResidents from "../../messages/zh-CN/residents.json";
import zhRounds from "../../messages/zh-CN/rounds.json";
import zhRules from "../../messages/zh-CN/rules.json";
import zhThings from "../../messages/zh-CN/things.json";
import zhServices from "../../messages/zh-CN/services.json";
import zhSeat from "../../messages/zh-CN/seat.json";

export const en = {
  ...enAdministration,
  ...enAlerts,
  ...enCentre,
  ...enFrame,
  ...enPlans,
  ...enRecord,
  ...enLogin,
  ...enPeople,
  ...enResidents,
  ...enRounds,
  ...enRules,
  ...enThings,
  ...enServices,
  ...enSeat,
};

export const zh = {
  ...zhAdministration,
  ...zhAlerts,
  ...zhCentre,
  ...zhFrame,
  ...zhPlans,
  ...zhRecord,
  ...zhLogin,
  ...zhPeople,
  ...zhResidents,
  ...zhRounds,
  ...zhRules,
  ...zhThings,
  ...zhServices,
  ...zhSeat,
};
