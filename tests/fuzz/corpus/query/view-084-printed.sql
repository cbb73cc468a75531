SELECT `db`.`b`.`pier` AS `p`, count(DISTINCT `db`.`b`.`id`) AS `k`
FROM `db`.`berth` AS `b`
GROUP BY `p`
HAVING (count(*)) > 1