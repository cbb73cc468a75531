SELECT ifnull(`db`.`berth`.`pier`, '') AS `k`
FROM `db`.`berth`