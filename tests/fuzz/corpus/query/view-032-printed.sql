SELECT timestampadd(HOUR, 1, `db`.`berth`.`seen`) AS `k`
FROM `db`.`berth`