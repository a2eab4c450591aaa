-- At the seat: what to ask and do for each rule, who sits where, shifts handed over in writing, drills, what was missed.

-- What to ask and what to do, version by version, counted for each rule; the nearest area's newest one is what holds.
CREATE TABLE script (
    rule        text NOT NULL,
    version     integer NOT NULL,
    area_id     integer REFERENCES area, -- there and below; NULL: everywhere
    items       jsonb, -- [{"id": "voice", "kind": "ask" or "do", "zh-CN": …, "en": …}]; NULL: as the next larger area has it
    changed_by  uuid REFERENCES account, -- NULL: it came with Ankang
    changed_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (rule, version),
    CHECK (items IS NOT NULL OR area_id IS NOT NULL)
);

CREATE FUNCTION refuse_other_script() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a version of a script stays as it is: add a new one';
END $$;
CREATE TRIGGER script_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON script
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_other_script();

-- These texts are ours (an assumption), to be put right by each centre; no publication prescribes them.
INSERT INTO script (rule, version, items)
SELECT unnest(rules), 1, items FROM (VALUES
    (ARRAY['fall'],
     '[
         {"id": "voice", "kind": "ask", "zh-CN": "叫得应吗？请老人说出哪里不舒服", "en": "Do they answer? Let them say where it hurts"},
         {"id": "breathing", "kind": "ask", "zh-CN": "呼吸是否正常？有无胸痛、意识不清、说话含糊", "en": "Are they breathing normally? Chest pain, confusion, slurred speech?"},
         {"id": "head", "kind": "ask", "zh-CN": "有没有碰到头、流血、骨折，能不能自己动腿", "en": "Have they hit the head, are they bleeding, can they move both legs?"},
         {"id": "still", "kind": "do", "zh-CN": "不要自己爬起来，不要别人硬拉；注意保暖", "en": "They are not to get up by themselves, nobody pulls them up; keep them warm"},
         {"id": "send", "kind": "do", "zh-CN": "叫不应或拿不准：立即派人上门，带钥匙", "en": "No answer, or in doubt: send somebody with the key at once"},
         {"id": "ambulance", "kind": "do", "zh-CN": "有生命危险的任一迹象：立即拨打 120，报地址和既往病史，不要等上门人员", "en": "Any sign of danger to life: call 120 now with the address and the health card; don''t wait for the responder"},
         {"id": "family", "kind": "do", "zh-CN": "告知家属发生了什么、谁正在赶去", "en": "Tell the family what has happened and who is on the way"}]'::jsonb),
    (ARRAY['sos', 'pull_cord'],
     '[
         {"id": "voice", "kind": "ask", "zh-CN": "叫得应吗？请老人说出哪里不舒服", "en": "Do they answer? Let them say where it hurts"},
         {"id": "wish", "kind": "ask", "zh-CN": "需要什么：身体不舒服、跌倒、害怕、误按？", "en": "What do they need: unwell, fallen, afraid, pressed by mistake?"},
         {"id": "breathing", "kind": "ask", "zh-CN": "呼吸是否正常？有无胸痛、意识不清、说话含糊", "en": "Are they breathing normally? Chest pain, confusion, slurred speech?"},
         {"id": "send", "kind": "do", "zh-CN": "叫不应或拿不准：立即派人上门，带钥匙", "en": "No answer, or in doubt: send somebody with the key at once"},
         {"id": "ambulance", "kind": "do", "zh-CN": "有生命危险的任一迹象：立即拨打 120，报地址和既往病史，不要等上门人员", "en": "Any sign of danger to life: call 120 now with the address and the health card; don''t wait for the responder"},
         {"id": "mistake", "kind": "do", "zh-CN": "若为误按：确认本人声音无异样，办结时记为误报并选原因", "en": "Pressed by mistake: make sure that it is their own voice and sounds as ever; close as a false alarm with its cause"},
         {"id": "family", "kind": "do", "zh-CN": "告知家属发生了什么、谁正在赶去", "en": "Tell the family what has happened and who is on the way"}]'::jsonb),
    (ARRAY['voice_no_answer'],
     '[
         {"id": "again", "kind": "ask", "zh-CN": "再叫两次；家里还有别人吗", "en": "Call twice more; is somebody else at home?"},
         {"id": "look", "kind": "do", "zh-CN": "看最近一小时：最后在哪个房间、何时有动静", "en": "Look at the last hour: the last room, the last movement"},
         {"id": "phone", "kind": "do", "zh-CN": "按顺序拨打本人和紧急联系人", "en": "Call the resident''s own number, then the contacts in their order"},
         {"id": "send", "kind": "do", "zh-CN": "叫不应或拿不准：立即派人上门，带钥匙", "en": "No answer, or in doubt: send somebody with the key at once"},
         {"id": "ambulance", "kind": "do", "zh-CN": "有生命危险的任一迹象：立即拨打 120，报地址和既往病史，不要等上门人员", "en": "Any sign of danger to life: call 120 now with the address and the health card; don''t wait for the responder"},
         {"id": "family", "kind": "do", "zh-CN": "告知家属发生了什么、谁正在赶去", "en": "Tell the family what has happened and who is on the way"}]'::jsonb),
    (ARRAY['strap_cut'],
     '[
         {"id": "voice", "kind": "ask", "zh-CN": "叫得应吗？请老人说出哪里不舒服", "en": "Do they answer? Let them say where it hurts"},
         {"id": "why", "kind": "ask", "zh-CN": "为什么剪断：不舒服、洗澡、不想戴？", "en": "Why was it cut: uncomfortable, a bath, don''t want it?"},
         {"id": "look", "kind": "do", "zh-CN": "联系不上：看最后位置和大门开关，按走失处理", "en": "Can''t reach them: look at the last room and the door, then go on as for wandering"},
         {"id": "again", "kind": "do", "zh-CN": "约时间重新佩戴", "en": "Arrange when it is put on again"}]'::jsonb),
    (ARRAY['wandering'],
     '[
         {"id": "when", "kind": "ask", "zh-CN": "何时出门、往哪个方向、穿什么衣服", "en": "When did they leave, which way, wearing what?"},
         {"id": "places", "kind": "ask", "zh-CN": "常去的地方、老家、菜场", "en": "Where do they like to go: the old home, the market?"},
         {"id": "family", "kind": "do", "zh-CN": "立即通知家属和睦邻伙伴一起找", "en": "Tell the family and the neighbours at once: they search too"},
         {"id": "police", "kind": "do", "zh-CN": "30 分钟内没有找到，或天冷、夜间：报警 110，提供照片和特征", "en": "Not found in 30 minutes, or cold, or at night: call 110 with photo and description"},
         {"id": "home", "kind": "do", "zh-CN": "留一个人在家等", "en": "Somebody waits at the home"}]'::jsonb),
    (ARRAY['apnea'],
     '[
         {"id": "voice", "kind": "ask", "zh-CN": "叫得应吗？请老人说出哪里不舒服", "en": "Do they answer? Let them say where it hurts"},
         {"id": "breathing", "kind": "ask", "zh-CN": "呼吸是否正常？有无胸痛、意识不清、说话含糊", "en": "Are they breathing normally? Chest pain, confusion, slurred speech?"},
         {"id": "turn", "kind": "do", "zh-CN": "让老人侧卧、垫高床头", "en": "They lie on the side, head of the bed raised"},
         {"id": "send", "kind": "do", "zh-CN": "叫不应或拿不准：立即派人上门，带钥匙", "en": "No answer, or in doubt: send somebody with the key at once"},
         {"id": "ambulance", "kind": "do", "zh-CN": "有生命危险的任一迹象：立即拨打 120，报地址和既往病史，不要等上门人员", "en": "Any sign of danger to life: call 120 now with the address and the health card; don''t wait for the responder"},
         {"id": "doctor", "kind": "do", "zh-CN": "次日告知家庭医生", "en": "Tell the family doctor the next day"}]'::jsonb),
    (ARRAY['smoke', 'fire'],
     '[
         {"id": "out", "kind": "ask", "zh-CN": "闻到烟味或看到火吗？能不能走出去", "en": "Do they smell smoke or see fire? Can they get out?"},
         {"id": "leave", "kind": "do", "zh-CN": "让老人马上离开，低姿、捂口鼻，不坐电梯，不回去拿东西", "en": "They leave now: low, mouth covered, no lift, go back for nothing"},
         {"id": "fire", "kind": "do", "zh-CN": "有火或烟不散：拨打 119，报楼栋、有无行动不便的老人", "en": "Fire, or smoke that stays: call 119 with the house and who can''t walk"},
         {"id": "neighbours", "kind": "do", "zh-CN": "通知邻居和物业", "en": "Warn the neighbours and the caretaker"},
         {"id": "cooking", "kind": "ask", "zh-CN": "若是做饭油烟：开窗，人是否在灶台旁", "en": "Only cooking: windows open, is somebody at the stove?"},
         {"id": "send", "kind": "do", "zh-CN": "叫不应或拿不准：立即派人上门，带钥匙", "en": "No answer, or in doubt: send somebody with the key at once"},
         {"id": "family", "kind": "do", "zh-CN": "告知家属发生了什么、谁正在赶去", "en": "Tell the family what has happened and who is on the way"}]'::jsonb),
    (ARRAY['gas', 'carbon_monoxide'],
     '[
         {"id": "well", "kind": "ask", "zh-CN": "头痛、恶心、发困吗？家里几个人", "en": "Headache, nausea, drowsiness? How many are in the home?"},
         {"id": "air", "kind": "do", "zh-CN": "开窗、关阀门、离开房间；不开关电器，不在屋内打电话", "en": "Windows open, valve shut, everybody out; no switch is touched, no telephone used indoors"},
         {"id": "utility", "kind": "do", "zh-CN": "拨打燃气公司抢修电话；有中毒迹象拨打 120", "en": "Call the gas company''s emergency number; signs of poisoning: 120"},
         {"id": "neighbours", "kind": "do", "zh-CN": "叫不应：请邻居敲门，立即派人", "en": "No answer: a neighbour knocks, send somebody at once"},
         {"id": "send", "kind": "do", "zh-CN": "叫不应或拿不准：立即派人上门，带钥匙", "en": "No answer, or in doubt: send somebody with the key at once"},
         {"id": "family", "kind": "do", "zh-CN": "告知家属发生了什么、谁正在赶去", "en": "Tell the family what has happened and who is on the way"}]'::jsonb),
    (ARRAY['water_leak'],
     '[
         {"id": "where", "kind": "ask", "zh-CN": "哪里漏水？地面滑不滑，人有没有滑倒", "en": "Where does it leak? Is the floor slippery, have they slipped?"},
         {"id": "valve", "kind": "do", "zh-CN": "请老人或家人关总阀；够不着不要勉强", "en": "They or the family close the main valve; not if it is out of reach"},
         {"id": "power", "kind": "do", "zh-CN": "水靠近插座：不要碰，关电闸", "en": "Water near a socket: don''t touch, switch the power off"},
         {"id": "repair", "kind": "do", "zh-CN": "联系物业或维修上门", "en": "Call the caretaker or a plumber"},
         {"id": "family", "kind": "do", "zh-CN": "告知家属发生了什么、谁正在赶去", "en": "Tell the family what has happened and who is on the way"}]'::jsonb),
    (ARRAY['vital_heart_rate', 'vital_respiration_rate', 'vital_systolic', 'news2', 'news2_single'],
     '[
         {"id": "voice", "kind": "ask", "zh-CN": "叫得应吗？请老人说出哪里不舒服", "en": "Do they answer? Let them say where it hurts"},
         {"id": "breathing", "kind": "ask", "zh-CN": "呼吸是否正常？有无胸痛、意识不清、说话含糊", "en": "Are they breathing normally? Chest pain, confusion, slurred speech?"},
         {"id": "measured", "kind": "ask", "zh-CN": "设备戴好了吗、贴好了吗？让老人静坐 5 分钟再量一次", "en": "Is the device on properly? Let them sit for 5 minutes and measure again"},
         {"id": "medicine", "kind": "ask", "zh-CN": "今天的药吃了没有", "en": "Have they taken today''s medicine?"},
         {"id": "card", "kind": "do", "zh-CN": "对照健康卡：病史、用药、平时的数值", "en": "Compare with the health card: history, medicine, usual values"},
         {"id": "send", "kind": "do", "zh-CN": "叫不应或拿不准：立即派人上门，带钥匙", "en": "No answer, or in doubt: send somebody with the key at once"},
         {"id": "ambulance", "kind": "do", "zh-CN": "有生命危险的任一迹象：立即拨打 120，报地址和既往病史，不要等上门人员", "en": "Any sign of danger to life: call 120 now with the address and the health card; don''t wait for the responder"},
         {"id": "doctor", "kind": "do", "zh-CN": "告知家庭医生", "en": "Tell the family doctor"}]'::jsonb),
    (ARRAY['vital_spo2'],
     '[
         {"id": "voice", "kind": "ask", "zh-CN": "叫得应吗？请老人说出哪里不舒服", "en": "Do they answer? Let them say where it hurts"},
         {"id": "breathing", "kind": "ask", "zh-CN": "呼吸是否正常？有无胸痛、意识不清、说话含糊", "en": "Are they breathing normally? Chest pain, confusion, slurred speech?"},
         {"id": "finger", "kind": "ask", "zh-CN": "手指凉不凉、指夹是否松动、嘴唇是否发紫", "en": "Cold fingers, a loose clip, blue lips?"},
         {"id": "sit", "kind": "do", "zh-CN": "让老人坐直、开窗；有氧气的按医嘱吸氧", "en": "They sit up, windows open; oxygen as the doctor ordered, where there is some"},
         {"id": "send", "kind": "do", "zh-CN": "叫不应或拿不准：立即派人上门，带钥匙", "en": "No answer, or in doubt: send somebody with the key at once"},
         {"id": "ambulance", "kind": "do", "zh-CN": "有生命危险的任一迹象：立即拨打 120，报地址和既往病史，不要等上门人员", "en": "Any sign of danger to life: call 120 now with the address and the health card; don''t wait for the responder"},
         {"id": "doctor", "kind": "do", "zh-CN": "告知家庭医生", "en": "Tell the family doctor"}]'::jsonb),
    (ARRAY['vital_body_temperature'],
     '[
         {"id": "voice", "kind": "ask", "zh-CN": "叫得应吗？请老人说出哪里不舒服", "en": "Do they answer? Let them say where it hurts"},
         {"id": "how", "kind": "ask", "zh-CN": "发冷、咳嗽、尿频、伤口红肿吗", "en": "Shivering, coughing, often to the toilet, a red wound?"},
         {"id": "measured", "kind": "ask", "zh-CN": "再量一次；室温多少，被子是否太厚或太薄", "en": "Measure again; how warm is the room, too many or too few blankets?"},
         {"id": "drink", "kind": "do", "zh-CN": "多喝水；低于 35 °C：加衣被、喝热饮", "en": "Let them drink; below 35 °C: blankets, something warm"},
         {"id": "send", "kind": "do", "zh-CN": "叫不应或拿不准：立即派人上门，带钥匙", "en": "No answer, or in doubt: send somebody with the key at once"},
         {"id": "ambulance", "kind": "do", "zh-CN": "有生命危险的任一迹象：立即拨打 120，报地址和既往病史，不要等上门人员", "en": "Any sign of danger to life: call 120 now with the address and the health card; don''t wait for the responder"},
         {"id": "doctor", "kind": "do", "zh-CN": "当天联系家庭医生", "en": "Call the family doctor today"}]'::jsonb),
    (ARRAY['news2_emergency'],
     '[
         {"id": "voice", "kind": "ask", "zh-CN": "叫得应吗？请老人说出哪里不舒服", "en": "Do they answer? Let them say where it hurts"},
         {"id": "breathing", "kind": "ask", "zh-CN": "呼吸是否正常？有无胸痛、意识不清、说话含糊", "en": "Are they breathing normally? Chest pain, confusion, slurred speech?"},
         {"id": "ambulance", "kind": "do", "zh-CN": "7 分及以上为危急：默认拨打 120，除非本人和家庭医生都认为不必", "en": "7 or more is an emergency: call 120 unless they and the family doctor both say otherwise"},
         {"id": "card", "kind": "do", "zh-CN": "准备救护交接单", "en": "Get the ambulance sheet ready"},
         {"id": "send", "kind": "do", "zh-CN": "叫不应或拿不准：立即派人上门，带钥匙", "en": "No answer, or in doubt: send somebody with the key at once"},
         {"id": "stay", "kind": "do", "zh-CN": "保持通话，直到有人到场", "en": "Stay on the line until somebody is there"},
         {"id": "family", "kind": "do", "zh-CN": "告知家属发生了什么、谁正在赶去", "en": "Tell the family what has happened and who is on the way"}]'::jsonb),
    (ARRAY['no_movement', 'water_low', 'door_not_opened'],
     '[
         {"id": "look", "kind": "do", "zh-CN": "看最近一小时和监护状态：设备都在线吗，是否外出", "en": "Look at the last hour and the coverage: do the devices speak, are they away?"},
         {"id": "phone", "kind": "do", "zh-CN": "拨打本人电话，响足 8 声，隔 3 分钟再拨", "en": "Call them, let it ring 8 times, again after 3 minutes"},
         {"id": "contacts", "kind": "do", "zh-CN": "按顺序拨打紧急联系人、睦邻伙伴：今天见过老人吗", "en": "Call the contacts and neighbours in their order: has anybody seen them today?"},
         {"id": "send", "kind": "do", "zh-CN": "都联系不上：派人上门，带钥匙；拿不准就去", "en": "Nobody reached: send somebody with the key; if in doubt, go"},
         {"id": "absence", "kind": "do", "zh-CN": "若是外出：登记外出时间", "en": "If they are away: enter the absence"}]'::jsonb),
    (ARRAY['missed_check_in'],
     '[
         {"id": "phone", "kind": "do", "zh-CN": "拨打本人电话，响足 8 声，隔 3 分钟再拨", "en": "Call them, let it ring 8 times, again after 3 minutes"},
         {"id": "contacts", "kind": "do", "zh-CN": "按顺序拨打紧急联系人、睦邻伙伴：今天见过老人吗", "en": "Call the contacts and neighbours in their order: has anybody seen them today?"},
         {"id": "send", "kind": "do", "zh-CN": "都联系不上：派人上门，带钥匙；拿不准就去", "en": "Nobody reached: send somebody with the key; if in doubt, go"},
         {"id": "absence", "kind": "do", "zh-CN": "若是外出：登记外出时间", "en": "If they are away: enter the absence"}]'::jsonb),
    (ARRAY['left_bed'],
     '[
         {"id": "toilet", "kind": "ask", "zh-CN": "是否在卫生间、厨房？看最近一小时的房间", "en": "In the bathroom or kitchen? Look at the rooms of the last hour"},
         {"id": "voice", "kind": "ask", "zh-CN": "叫得应吗？请老人说出哪里不舒服", "en": "Do they answer? Let them say where it hurts"},
         {"id": "phone", "kind": "do", "zh-CN": "拨打本人电话，轻声问候，不要吓到老人", "en": "Call them, gently"},
         {"id": "send", "kind": "do", "zh-CN": "10 分钟内没有动静：派人上门", "en": "No movement within 10 minutes: send somebody"},
         {"id": "ambulance", "kind": "do", "zh-CN": "有生命危险的任一迹象：立即拨打 120，报地址和既往病史，不要等上门人员", "en": "Any sign of danger to life: call 120 now with the address and the health card; don''t wait for the responder"},
         {"id": "family", "kind": "do", "zh-CN": "告知家属发生了什么、谁正在赶去", "en": "Tell the family what has happened and who is on the way"}]'::jsonb),
    (ARRAY['room_cold'],
     '[
         {"id": "heating", "kind": "ask", "zh-CN": "空调、取暖器开着吗？坏了还是舍不得开", "en": "Is the heating on? Broken, or to save money?"},
         {"id": "warm", "kind": "ask", "zh-CN": "手脚冷不冷、有没有发抖、说话清不清楚", "en": "Cold hands and feet, shivering, clear speech?"},
         {"id": "clothes", "kind": "do", "zh-CN": "加衣被、喝热饮；不要用煤炉取暖", "en": "More clothes, something warm to drink; no coal stove indoors"},
         {"id": "repair", "kind": "do", "zh-CN": "联系家属或站点送取暖设备、报修", "en": "Have the family or the station bring a heater or get it repaired"}]'::jsonb),
    (ARRAY['room_hot'],
     '[
         {"id": "well", "kind": "ask", "zh-CN": "头晕、恶心、不出汗、意识不清吗", "en": "Dizzy, sick, no sweat, confused?"},
         {"id": "fan", "kind": "ask", "zh-CN": "风扇、空调开着吗，喝水了没有", "en": "Is the fan on, have they drunk something?"},
         {"id": "cool", "kind": "do", "zh-CN": "到阴凉处、擦身、少量多次喝水", "en": "A cool place, a wet cloth, small sips"},
         {"id": "ambulance", "kind": "do", "zh-CN": "意识不清或高热：拨打 120", "en": "Confused or very hot: call 120"}]'::jsonb),
    (ARRAY['water_high', 'water_running'],
     '[
         {"id": "tap", "kind": "ask", "zh-CN": "水龙头关了吗？正在洗衣、洗澡、浇花？", "en": "Are the taps closed? Washing, bathing, watering?"},
         {"id": "well", "kind": "ask", "zh-CN": "人在哪里，有没有滑倒", "en": "Where are they, have they slipped?"},
         {"id": "check", "kind": "do", "zh-CN": "联系不上：派人上门查看", "en": "Can''t reach them: send somebody to look"},
         {"id": "repair", "kind": "do", "zh-CN": "疑似漏水：联系物业", "en": "Perhaps a leak: call the caretaker"}]'::jsonb),
    (ARRAY['device_silent', 'sensor_fault', 'device_stuck', 'gateway_lost'],
     '[
         {"id": "look", "kind": "do", "zh-CN": "看这台设备最后一次上报和同一户其他设备", "en": "See when the device last spoke, and the others of the home"},
         {"id": "home", "kind": "ask", "zh-CN": "请家里人看一眼：插头、电池、指示灯", "en": "Ask at home: plug, battery, light"},
         {"id": "cover", "kind": "do", "zh-CN": "失去监护期间：安排电话问候", "en": "While nobody watches: arrange calls"},
         {"id": "repair", "kind": "do", "zh-CN": "当天派修，登记维护时间", "en": "Have it repaired the same day and enter the maintenance"}]'::jsonb),
    (ARRAY['low_battery'],
     '[
         {"id": "replace", "kind": "do", "zh-CN": "约时间换电池，一周内完成", "en": "Arrange new batteries within a week"},
         {"id": "spare", "kind": "ask", "zh-CN": "家里有备用电池吗，家属能不能换", "en": "Are there spare ones, can the family change them?"}]'::jsonb),
    (ARRAY['tamper'],
     '[
         {"id": "who", "kind": "ask", "zh-CN": "谁动了设备？搬动、打扫、维修？", "en": "Who touched it: moved, cleaned, repaired?"},
         {"id": "place", "kind": "do", "zh-CN": "确认位置和朝向，必要时上门", "en": "Make sure of place and direction, go there if needed"}]'::jsonb),
    (ARRAY['power_lost', 'home_lost'],
     '[
         {"id": "light", "kind": "ask", "zh-CN": "家里有电吗？只是这一户还是整栋", "en": "Is there light? Only this home or the whole house?"},
         {"id": "well", "kind": "ask", "zh-CN": "人好不好；有没有制氧机、电动床等依赖用电的设备", "en": "Are they well; anything that needs power, such as oxygen or the bed?"},
         {"id": "network", "kind": "do", "zh-CN": "问供电公司或物业何时恢复", "en": "Ask the power company or the caretaker when it comes back"},
         {"id": "cover", "kind": "do", "zh-CN": "恢复前按时电话问候，必要时上门", "en": "Until then call at set times, or go there"}]'::jsonb),
    (ARRAY['area_lost', 'vendor_lost'],
     '[
         {"id": "who", "kind": "do", "zh-CN": "看受影响的住户名单，先问独居和重点老人", "en": "See whose homes are affected; ask those alone and at risk first"},
         {"id": "cause", "kind": "do", "zh-CN": "联系运营商、供电公司或厂商", "en": "Call the network, the power company or the vendor"},
         {"id": "stations", "kind": "do", "zh-CN": "通知所在街道和站点安排探访", "en": "Have the streets and stations visit"},
         {"id": "supervisor", "kind": "do", "zh-CN": "报告值班长", "en": "Report to the supervisor"}]'::jsonb),
    (ARRAY['platform_lost', 'canary_late', 'no_next_step'],
     '[
         {"id": "supervisor", "kind": "do", "zh-CN": "立即报告值班长和系统管理员", "en": "Report to the supervisor and the administrator at once"},
         {"id": "health", "kind": "do", "zh-CN": "看页面底部的平台状态：哪一部分", "en": "See the platform''s state at the foot of the page: which part?"},
         {"id": "phones", "kind": "do", "zh-CN": "电话线路照常值守；重点老人改为电话问候", "en": "The telephones stay staffed; call those at risk"},
         {"id": "write", "kind": "do", "zh-CN": "记下起止时间", "en": "Write down from when to when"}]'::jsonb)
) AS ours (rules, items);

-- Who sits where, since when, and whether the sound was heard there.
CREATE TABLE sitting (
    id          uuid PRIMARY KEY,
    account_id  uuid NOT NULL REFERENCES account,
    seat        text NOT NULL, -- as it is written on it; empty: nobody has named it
    started_at  timestamptz NOT NULL,
    ended_at    timestamptz CHECK (ended_at >= started_at)
);
CREATE UNIQUE INDEX sitting_one_at_a_time ON sitting (account_id) WHERE ended_at IS NULL;
CREATE INDEX ON sitting (started_at);

-- What one shift left to the next, as it stood when it was signed. It holds ids, never names: those are the records'.
CREATE TABLE hand_over (
    id         uuid PRIMARY KEY,
    area_id    integer REFERENCES area, -- whose alerts it is about; NULL: everybody's
    since      timestamptz NOT NULL,
    until      timestamptz NOT NULL CHECK (until > since),
    sheet      jsonb NOT NULL,
    note       text NOT NULL,
    signed_by  uuid NOT NULL REFERENCES account,
    signed_at  timestamptz NOT NULL,
    taken_by   uuid REFERENCES account CHECK (taken_by <> signed_by),
    taken_at   timestamptz,
    CHECK ((taken_by IS NULL) = (taken_at IS NULL))
);
CREATE INDEX ON hand_over (signed_at);

CREATE FUNCTION refuse_other_hand_over() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.taken_by IS NULL AND NEW.taken_by IS NOT NULL
       AND to_jsonb(NEW) - 'taken_by' - 'taken_at' = to_jsonb(OLD) - 'taken_by' - 'taken_at' THEN
        RETURN NEW; -- the second signature
    END IF;
    RAISE EXCEPTION 'a sheet that was signed stays as it is';
END $$;
CREATE TRIGGER hand_over_stays BEFORE UPDATE OR DELETE ON hand_over
    FOR EACH ROW EXECUTE FUNCTION refuse_other_hand_over();

-- A drill that somebody started; what came of it is in the alert's log.
CREATE TABLE drill (
    id           uuid PRIMARY KEY,
    rule         text NOT NULL,
    resident_id  uuid NOT NULL REFERENCES resident ON DELETE CASCADE,
    started_by   uuid NOT NULL REFERENCES account,
    started_at   timestamptz NOT NULL,
    note         text NOT NULL DEFAULT ''
);
CREATE INDEX ON drill (started_at);
CREATE INDEX alert_of_drill ON alert ((evidence ->> 'id')) WHERE drill;

-- Since when somebody has done nothing, and what was done since.
CREATE INDEX ON alert_log USING brin (at);
CREATE INDEX ON alert_log (account_id, at) WHERE account_id IS NOT NULL;
